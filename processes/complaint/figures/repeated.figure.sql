-- title: 重复投诉率
-- formula: 重复投诉 ÷ 受理的投诉；含回访后重开的工单，按受理时间
-- source: 资料 000、004
-- unit: %
-- direction: down
-- order: 70
-- column repeated: 重复投诉
-- column received: 受理的投诉
-- missing above: 比目标多 {} 件重复投诉
-- cases 重复投诉: repeated
WITH counted AS (
    SELECT c.case_id, c.received_month AS month, c.repeated
    FROM v_cases c
    WHERE c.kind = 'complaint' AND NOT c.merged AND NOT c.withdrawn
        AND c.received_at >= :from AND c.received_at < :to
        AND asked(:unit, c.unit) AND asked(:region, c.region) AND asked(:channel, c.channel)
        AND asked(:level, c.level)
        AND asked(:category, c.category, c.subcategory, c.category3, c.category4)
        AND (c.order_kind = 'complaint' OR c.order_kind IS NULL)
)
SELECT month,
    count(*) FILTER (WHERE repeated) AS repeated,
    count(*) AS received,
    100.0 * count(*) FILTER (WHERE repeated) / nullif(count(*), 0) AS value,
    ceil(count(*) FILTER (WHERE repeated) - :target / 100 * count(*)) AS above
FROM counted GROUP BY ROLLUP (month)
