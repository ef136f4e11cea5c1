-- title: 首次回复及时率
-- formula: 第一次回复任务在回复时限内完成 ÷（已完成＋时限已过）；按回复任务的生成时间
-- source: 资料 000、003
-- unit: %
-- direction: up
-- order: 90
-- column timely: 及时
-- column late: 超时
-- missing to_target: 按现有件数，还差 {} 件及时回复才达标
-- cases 及时: on_time
-- cases 超时: NOT on_time
WITH first_reply AS (
    SELECT DISTINCT ON (case_id) case_id, created_at, on_time
    FROM v_tasks
    WHERE element_id = 'answer_customer' AND state <> 'cancelled'
    ORDER BY case_id, created_at
), counted AS (
    SELECT c.case_id, date_trunc('month', r.created_at)::date AS month, r.on_time
    FROM first_reply r JOIN v_cases c ON c.case_id = r.case_id
    WHERE r.on_time IS NOT NULL AND c.kind = 'complaint'
        AND r.created_at >= :from AND r.created_at < :to
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
