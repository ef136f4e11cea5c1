-- title: 本周热点
-- formula: 期末前 7 天内，同一细类、同一地市的投诉达到最少件数、又达到此前 8 周周均若干倍的，为一个热点
-- source: 资料 000、003
-- unit: 个
-- direction: down
-- decimals: 0
-- order: 130
-- setting least: 5 最少件数
-- setting times: 2 为平常的倍数
-- column complaints: 热点内的投诉
-- cases 热点内的投诉: true
WITH recent AS (
    SELECT c.case_id, coalesce(c.category3, c.subcategory, c.category) AS topic, c.region,
        c.received_at >= least(:to, now()) - interval '7 days' AS fresh
    FROM v_cases c
    WHERE c.kind = 'complaint' AND NOT c.merged AND NOT c.withdrawn
        AND c.received_at < :to AND c.received_at >= least(:to, now()) - interval '63 days'
), hot AS (
    SELECT topic, region
    FROM recent
    WHERE topic IS NOT NULL
    GROUP BY topic, region
    HAVING count(*) FILTER (WHERE fresh) >= :least
        AND count(*) FILTER (WHERE fresh) >= :times * count(*) FILTER (WHERE NOT fresh) / 8.0
), counted AS (
    SELECT r.case_id, date_trunc('month', least(:to, now()) - interval '1 second')::date AS month,
        concat(h.topic, ' ', h.region) AS spot
    FROM recent r
    JOIN hot h ON h.topic = r.topic AND h.region IS NOT DISTINCT FROM r.region
    WHERE r.fresh
)
SELECT month, count(DISTINCT spot) AS value, count(*) AS complaints
FROM counted GROUP BY ROLLUP (month)
