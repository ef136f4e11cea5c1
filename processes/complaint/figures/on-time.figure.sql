-- title: 按时答复率
-- formula: 在回复时限内得到客户认可的答复 ÷（已答复＋时限已过仍未答复）；按受理时间
-- source: 资料 000、003
-- unit: %
-- direction: up
-- order: 60
-- column timely: 按时
-- column late: 超时
-- missing to_target: 按现有件数，还差 {} 件按时答复才达标
-- cases 按时: on_time
-- cases 超时: NOT on_time
-- cases 超时未答复: NOT on_time AND NOT answered
WITH counted AS (
    SELECT c.case_id, c.received_month AS month, c.on_time, c.answered_at IS NOT NULL AS answered
    FROM v_cases c
    WHERE c.kind = 'complaint' AND NOT c.merged AND NOT c.withdrawn
        AND c.received_at >= :from AND c.received_at < :to
        AND asked(:unit, c.unit) AND asked(:region, c.region) AND asked(:channel, c.channel)
        AND asked(:level, c.level)
        AND asked(:category, c.category, c.subcategory, c.category3, c.category4)
        AND c.on_time IS NOT NULL
)
SELECT month,
    count(*) FILTER (WHERE on_time) AS timely,
    count(*) FILTER (WHERE NOT on_time) AS late,
    100.0 * count(*) FILTER (WHERE on_time) / nullif(count(*), 0) AS value,
    ceil(:target / 100 * count(*) - count(*) FILTER (WHERE on_time)) AS to_target
FROM counted GROUP BY ROLLUP (month)
