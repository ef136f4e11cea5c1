-- title: 派单及时率
-- formula: 在派单时限内完成的复核 ÷（已完成的复核＋时限已过的复核）；按复核任务的生成时间
-- source: 资料 000、004
-- unit: %
-- direction: up
-- order: 80
-- column timely: 及时
-- column late: 超时
-- missing to_target: 按现有件数，还差 {} 件及时派单才达标
-- cases 及时: on_time
-- cases 超时: NOT on_time
WITH counted AS (
    SELECT c.case_id, date_trunc('month', t.created_at)::date AS month, t.on_time
    FROM v_tasks t JOIN v_cases c ON c.case_id = t.case_id
    WHERE t.element_id = 'check_order' AND t.on_time IS NOT NULL AND c.kind = 'complaint'
        AND t.created_at >= :from AND t.created_at < :to
        AND asked(:unit, c.unit) AND asked(:region, c.region) AND asked(:channel, c.channel)
        AND asked(:level, c.level)
        AND asked(:category, c.category, c.subcategory, c.category3, c.category4)
)
SELECT month,
    count(*) FILTER (WHERE on_time) AS timely,
    count(*) FILTER (WHERE NOT on_time) AS late,
    100.0 * count(*) FILTER (WHERE on_time) / nullif(count(*), 0) AS value,
    ceil(:target / 100 * count(*) - count(*) FILTER (WHERE on_time)) AS to_target
FROM counted GROUP BY ROLLUP (month)
