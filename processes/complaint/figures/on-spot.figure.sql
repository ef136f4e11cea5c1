-- title: 现场解决率
-- formula: 现场解决的投诉和意见 ÷ 受理的投诉和意见总量；按受理时间，并单不计
-- source: 资料 004
-- unit: %
-- direction: up
-- order: 40
-- target: 80
-- column on_spot: 现场解决
-- column received: 受理总量
-- missing to_target: 还差 {} 件现场解决
-- cases 现场解决: on_spot
-- cases 未现场解决: NOT on_spot
WITH counted AS (
    SELECT c.case_id, c.received_month AS month, c.on_spot
    FROM v_cases c
    WHERE c.kind = 'complaint' AND NOT c.merged AND NOT c.withdrawn
        AND c.received_at >= :from AND c.received_at < :to
        AND asked(:unit, c.unit) AND asked(:region, c.region) AND asked(:channel, c.channel)
        AND asked(:level, c.level)
        AND asked(:category, c.category, c.subcategory, c.category3, c.category4)
        AND (c.order_kind IN ('complaint', 'opinion') OR c.order_kind IS NULL)
)
SELECT month,
    count(*) FILTER (WHERE on_spot) AS on_spot,
    count(*) AS received,
    100.0 * count(*) FILTER (WHERE on_spot) / nullif(count(*), 0) AS value,
    ceil(:target / 100 * count(*) - count(*) FILTER (WHERE on_spot)) AS to_target
FROM counted GROUP BY ROLLUP (month)
