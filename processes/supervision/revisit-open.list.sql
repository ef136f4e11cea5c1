-- title: 本月还没有回访的工单
-- parameter since: moment 月初（含）
SELECT c.case_id, c.number,
    CASE c.level WHEN 'vip' THEN '重点' WHEN 'high-star' THEN '高星级' ELSE '普通' END AS level,
    coalesce(to_char(t.due_at, 'MM-DD HH24:MI'), '无时限') AS due, t.assignee
FROM v_tasks t
JOIN v_cases c ON c.case_id = t.case_id
WHERE t.element_id = 'call_back' AND t.state = 'created' AND t.created_at >= :since
    AND c.kind = 'complaint' AND (c.order_kind = 'complaint' OR c.order_kind IS NULL)
    AND NOT c.merged AND NOT c.withdrawn
ORDER BY coalesce(c.level IN ('vip', 'high-star'), false) DESC, t.due_at NULLS LAST, c.case_id
LIMIT 200
