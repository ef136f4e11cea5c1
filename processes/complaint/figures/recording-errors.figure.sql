-- title: 工单差错率
-- formula: 复核发现记录差错的次数 ÷ 复核的工单次数；申诉成立的差错不计；按复核时间，单位和人员是记录工单的
-- source: 资料 000
-- unit: %
-- direction: down
-- order: 115
-- column errors: 差错
-- column checked: 复核
-- missing above: 超出目标 {} 次差错
-- cases 有差错: errors > 0
WITH taken AS (
    SELECT DISTINCT ON (case_id) case_id, assignee AS person
    FROM v_tasks
    WHERE element_id = 'pre_process' AND state = 'completed'
    ORDER BY case_id, ended_at DESC
), wrong AS (
    SELECT case_id, month, count(*) AS errors
    FROM v_assessments
    WHERE kind = 'error' AND stands AND given_at >= :from AND given_at < :to
    GROUP BY case_id, month
), reviewed AS (
    SELECT case_id, date_trunc('month', ended_at)::date AS month, count(*) AS checked
    FROM v_tasks
    WHERE element_id = 'check_order' AND state = 'completed'
        AND ended_at >= :from AND ended_at < :to
    GROUP BY 1, 2
), counted AS (
    SELECT r.case_id, r.month, r.checked, coalesce(w.errors, 0) AS errors, t.person, p.unit
    FROM reviewed r
    LEFT JOIN wrong w ON w.case_id = r.case_id AND w.month = r.month
    LEFT JOIN taken t ON t.case_id = r.case_id
    LEFT JOIN v_people p ON p.person = t.person
)
SELECT month,
    sum(errors) AS errors,
    sum(checked) AS checked,
    100.0 * sum(errors) / nullif(sum(checked), 0) AS value,
    ceil(sum(errors) - :target / 100 * sum(checked)) AS above
FROM counted GROUP BY ROLLUP (month)
