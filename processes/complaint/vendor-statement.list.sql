-- title: 厂家月度工单与赔付
-- parameter since: moment 月初（含）
-- parameter until: moment 次月初（不含）
SELECT month.vendor, coalesce(u.name, '未列名厂家') AS vendor_name,
    count(*) FILTER (WHERE month.received) AS orders,
    coalesce(round(1.0 * count(*) FILTER (WHERE month.received AND month.late) / nullif(count(*) FILTER (WHERE month.received), 0), 4), 0) AS late_rate,
    coalesce(round(1.0 * count(*) FILTER (WHERE month.received AND month.solved = 'no') / nullif(count(*) FILTER (WHERE month.received), 0), 4), 0) AS unsolved_rate,
    count(*) FILTER (WHERE month.paid) AS payments,
    coalesce(sum(month.amount) FILTER (WHERE month.paid), 0) AS amount
FROM (
    SELECT coalesce(v.vendor, 'vendors') AS vendor, v.late, v.solved, v.amount,
        v.received_at >= :since AND v.received_at < :until AND NOT c.merged AND NOT c.withdrawn AS received,
        v.paid_at >= :since AND v.paid_at < :until AND v.compensation_state = 'paid' AND v.fault_party IN ('vendor', 'outbound') AS paid
    FROM v_vendors v
    JOIN v_cases c ON c.case_id = v.case_id
) AS month
LEFT JOIN v_units u ON u.unit = month.vendor
WHERE month.received OR month.paid
GROUP BY 1, 2
ORDER BY amount DESC, vendor
