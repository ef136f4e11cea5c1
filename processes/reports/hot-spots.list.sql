-- title: 正在形成的热点
-- about: 同一小类、同一地市，最近 24 小时的投诉不少于 least 件，且不少于此前 14 天日均的 times 倍
-- parameter least: number 最少件数
-- parameter times: number 倍数
WITH counted AS (
    SELECT subcategory, region, mode() WITHIN GROUP (ORDER BY unit) AS unit,
        count(*) FILTER (WHERE received_at >= :now - interval '24 hours') AS received,
        round(count(*) FILTER (WHERE received_at < :now - interval '24 hours') / 14.0, 1) AS usual
    FROM v_cases
    WHERE kind = 'complaint' AND subcategory IS NOT NULL AND NOT merged AND NOT withdrawn
        AND received_at >= :now - interval '15 days'
    GROUP BY subcategory, region
)
SELECT h.subcategory, h.region, CASE h.region
        WHEN 'hangzhou' THEN '杭州'
        WHEN 'ningbo' THEN '宁波'
        WHEN 'wenzhou' THEN '温州'
        WHEN 'jiaxing' THEN '嘉兴'
        WHEN 'huzhou' THEN '湖州'
        WHEN 'shaoxing' THEN '绍兴'
        WHEN 'jinhua' THEN '金华'
        WHEN 'quzhou' THEN '衢州'
        WHEN 'zhoushan' THEN '舟山'
        WHEN 'taizhou' THEN '台州'
        WHEN 'lishui' THEN '丽水'
        WHEN 'yiwu' THEN '义乌'
        WHEN 'cixi' THEN '慈溪'
        WHEN 'zhuji' THEN '诸暨'
        WHEN 'wenling' THEN '温岭'
        WHEN 'yueqing' THEN '乐清'
        WHEN 'haining' THEN '海宁'
        ELSE '全省'
    END AS city,
    h.received, h.usual, coalesce(h.unit, 'review') AS unit,
    coalesce(u.name, '省客服中心 · 复核派单') AS unit_name
FROM counted h
LEFT JOIN v_units u ON u.unit = h.unit
WHERE h.received >= :least AND h.received >= :times * h.usual
ORDER BY h.received - h.usual DESC, h.subcategory, h.region
LIMIT 10
