-- title: 催办次数
-- formula: 各工单催办次数之和；按受理时间
-- source: 资料 002、003
-- unit: 次
-- decimals: 0
-- direction: down
-- order: 100
-- column urged: 被催办的工单
-- column received: 受理总量
-- cases 被催办: urge_count > 0
-- cases 催办三次以上: urge_count >= 3
WITH counted AS (
    SELECT c.case_id, c.received_month AS month, c.urge_count
    FROM v_cases c
    WHERE c.kind = 'complaint' AND NOT c.merged AND NOT c.withdrawn
        AND c.received_at >= :from AND c.received_at < :to
        AND asked(:unit, c.unit) AND asked(:region, c.region) AND asked(:channel, c.channel)
        AND asked(:level, c.level)
        AND asked(:category, c.category, c.subcategory, c.category3, c.category4)
)
SELECT month,
    count(*) FILTER (WHERE urge_count > 0) AS urged,
    count(*) AS received,
    coalesce(sum(urge_count), 0) AS value
FROM counted GROUP BY ROLLUP (month)
