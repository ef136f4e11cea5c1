-- title: 一个单位的在途工单
-- parameter unit: text 单位
SELECT c.number, CASE c.kind
        WHEN 'complaint' THEN '投诉' WHEN 'opinion' THEN '意见' WHEN 'suggestion' THEN '建议'
        WHEN 'service-request' THEN '受理' WHEN 'appointment' THEN '预约' WHEN 'inquiry' THEN '咨询'
        WHEN 'rectification' THEN '整改' WHEN 'matter' THEN '应急事项' ELSE c.kind
    END AS kind, c.status,
    coalesce(to_char(c.due_at, 'MM-DD HH24:MI'), '无时限') AS due,
    (
        SELECT string_agg(DISTINCT t.assignee, '、') FROM v_tasks t
        WHERE t.case_id = c.case_id AND t.state = 'created' AND t.assignee IS NOT NULL
    ) AS assignee
FROM v_cases c
LEFT JOIN v_units known ON known.unit = c.unit
WHERE c.closed_at IS NULL AND NOT c.merged AND coalesce(known.unit, 'review') = :unit
ORDER BY c.due_at NULLS LAST, c.case_id
LIMIT 100
