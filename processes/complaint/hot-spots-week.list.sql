-- title: 本周热点 TOP 10
-- about: 期末前 7 天与此前 8 周的周均相比；热点的条件同指标“本周热点”
-- parameter until: moment 期末（不含）
-- parameter least: number 最少件数
-- parameter times: number 为平常的倍数
WITH recent AS (
    SELECT coalesce(c.category3, c.subcategory, c.category) AS topic, c.region, c.unit,
        c.received_at >= least(:until, :now) - interval '7 days' AS fresh
    FROM v_cases c
    WHERE c.kind = 'complaint' AND NOT c.merged AND NOT c.withdrawn
        AND c.received_at < :until
        AND c.received_at >= least(:until, :now) - interval '63 days'
)
SELECT topic, region, mode() WITHIN GROUP (ORDER BY unit) FILTER (WHERE fresh) AS unit,
    count(*) FILTER (WHERE fresh) AS received,
    round(count(*) FILTER (WHERE NOT fresh) / 8.0, 1) AS usual,
    count(*) FILTER (WHERE fresh) >= :least
        AND count(*) FILTER (WHERE fresh) >= :times * count(*) FILTER (WHERE NOT fresh) / 8.0 AS hot
FROM recent
WHERE topic IS NOT NULL
GROUP BY topic, region
HAVING count(*) FILTER (WHERE fresh) > 0
ORDER BY hot DESC, count(*) FILTER (WHERE fresh) - count(*) FILTER (WHERE NOT fresh) / 8.0 DESC, topic, region
LIMIT 10
