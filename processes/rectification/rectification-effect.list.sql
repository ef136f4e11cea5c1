-- title: 同类投诉整改前后对比
-- about: 整改通过审核的时刻之前与之后同样长的时间里，同一小类（和地市）的投诉各有多少
-- parameter subcategory: text 小类
-- parameter region: text 地市；空为全省
-- parameter since: moment 通过审核的时刻
-- parameter days: number 前后各多少天
SELECT
    count(*) FILTER (
        WHERE received_at < :since AND received_at >= :since - :days * interval '1 day'
    ) AS count_before,
    count(*) FILTER (
        WHERE received_at >= :since AND received_at < :since + :days * interval '1 day'
    ) AS count_after
FROM v_cases
WHERE kind = 'complaint' AND NOT merged AND NOT withdrawn
    AND subcategory = :subcategory AND asked(:region, region)
    AND received_at >= :since - :days * interval '1 day'
    AND received_at < :since + :days * interval '1 day'
