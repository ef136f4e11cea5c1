-- title: 各单位当日情况
-- parameter since: moment 当日零点
SELECT coalesce(u.name, c.unit, '未派出') AS name,
    count(*) FILTER (WHERE received_at >= :since) AS received,
    count(*) FILTER (WHERE closed_at >= :since) AS closed,
    count(*) FILTER (WHERE closed_at IS NULL) AS open,
    count(*) FILTER (WHERE closed_at IS NULL AND due_at < :now) AS late
FROM v_cases c
LEFT JOIN v_units u ON u.unit = c.unit
WHERE NOT c.merged AND (c.closed_at IS NULL OR c.closed_at >= :since)
GROUP BY u.name, c.unit
ORDER BY late DESC, open DESC, name
