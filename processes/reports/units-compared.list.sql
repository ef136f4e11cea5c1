-- title: 各单位并排对比
-- parameter since: moment 期初
-- parameter until: moment 期末（不含）
SELECT c.unit, coalesce(u.name, c.unit) AS name,
    count(*) FILTER (WHERE c.received_at >= :since AND c.received_at < :until) AS received,
    count(*) FILTER (WHERE c.closed_at >= :since AND c.closed_at < :until) AS closed,
    count(*) FILTER (
        WHERE c.received_at >= :since AND c.received_at < :until AND c.on_time = false
    ) AS late,
    round(avg(c.handling_hours) FILTER (
        WHERE c.answered_at >= :since AND c.answered_at < :until
    ), 1) AS hours,
    round(100.0 * count(*) FILTER (
        WHERE c.revisited_at >= :since AND c.revisited_at < :until AND c.satisfaction = 'satisfied'
    ) / nullif(count(*) FILTER (
        WHERE c.revisited_at >= :since AND c.revisited_at < :until AND c.satisfaction IS NOT NULL
    ), 0), 1) AS satisfied
FROM v_cases c
LEFT JOIN v_units u ON u.unit = c.unit
WHERE c.kind = 'complaint' AND c.unit IS NOT NULL AND NOT c.merged
    AND (c.received_at >= :since OR c.closed_at >= :since OR c.revisited_at >= :since)
GROUP BY c.unit, u.name
ORDER BY received DESC, c.unit
