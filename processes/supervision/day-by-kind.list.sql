-- title: 各类工单当日情况
-- parameter since: moment 当日零点
SELECT CASE kind
        WHEN 'complaint' THEN '投诉' WHEN 'opinion' THEN '意见' WHEN 'suggestion' THEN '建议'
        WHEN 'service-request' THEN '受理' WHEN 'appointment' THEN '预约' WHEN 'inquiry' THEN '咨询'
        WHEN 'rectification' THEN '整改' WHEN 'matter' THEN '应急事项' ELSE kind
    END AS kind,
    count(*) FILTER (WHERE received_at >= :since) AS received,
    count(*) FILTER (WHERE closed_at >= :since) AS closed,
    count(*) FILTER (WHERE closed_at IS NULL) AS open,
    count(*) FILTER (WHERE closed_at IS NULL AND due_at < :now) AS late
FROM v_cases
WHERE NOT merged AND (closed_at IS NULL OR closed_at >= :since)
GROUP BY 1
ORDER BY received DESC, kind
