-- title: 各单位在途工单
-- about: 所有类型和来源的未结案工单，按承办单位；还没有派出的，或单位不在组织内的，算复核派单
-- parameter soon: moment 在此之前到期的算即将超时
WITH open AS (
    SELECT c.case_id, coalesce(known.unit, 'review') AS unit, c.due_at
    FROM v_cases c
    LEFT JOIN v_units known ON known.unit = c.unit
    WHERE c.closed_at IS NULL AND NOT c.merged
)
SELECT o.unit, coalesce(u.name, o.unit) AS name, count(*) AS open,
    count(*) FILTER (WHERE o.due_at >= :now AND o.due_at < :soon) AS nearly_late,
    count(*) FILTER (WHERE o.due_at < :now) AS late
FROM open o
LEFT JOIN v_units u ON u.unit = o.unit
GROUP BY o.unit, u.name
ORDER BY late DESC, open DESC, o.unit
