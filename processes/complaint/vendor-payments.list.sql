-- title: 先行赔付明细
-- parameter since: moment 月初（含）
-- parameter until: moment 次月初（不含）
SELECT v.number, coalesce(u.name, '未列名厂家') AS vendor_name, to_char(v.paid_at, 'YYYY-MM-DD') AS paid_on, v.amount
FROM v_vendors v
LEFT JOIN v_units u ON u.unit = v.vendor
WHERE v.paid_at >= :since AND v.paid_at < :until
    AND v.compensation_state = 'paid' AND v.fault_party IN ('vendor', 'outbound')
ORDER BY v.paid_at, v.number
