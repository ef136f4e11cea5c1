-- title: 投诉最多的十类
-- parameter since: moment 期初
-- parameter until: moment 期末（不含）
-- parameter before: moment 上期的期初
SELECT subcategory,
    count(*) FILTER (WHERE received_at >= :since) AS received,
    count(*) FILTER (WHERE received_at < :since) AS earlier
FROM v_cases
WHERE kind = 'complaint' AND (order_kind = 'complaint' OR order_kind IS NULL)
    AND subcategory IS NOT NULL AND NOT merged AND NOT withdrawn
    AND received_at >= :before AND received_at < :until
GROUP BY subcategory
HAVING count(*) FILTER (WHERE received_at >= :since) > 0
ORDER BY received DESC, subcategory
LIMIT 10
