-- title: 平均处理时间
-- formula: 各来源处理时间之和 ÷ 件数，即各来源的加权平均；从客户联系到客户认可的答复，按答复时间
-- source: 资料 002
-- unit: h
-- decimals: 2
-- direction: down
-- order: 50
-- target: 6
-- setting expected: 24 期望解决时限（小时）
-- column answered: 已答复
-- column hours: 处理时间合计（小时）
-- column beyond: 超过期望时限
-- missing slow: 平均每件还要缩短 {} 小时才达标
-- missing beyond: {} 件超过期望时限
-- cases 已答复: true
-- cases 超过期望时限: beyond
WITH counted AS (
    SELECT c.case_id, c.answered_month AS month, c.handling_hours,
        c.handling_hours > :expected AS beyond
    FROM v_cases c
    WHERE c.kind = 'complaint' AND NOT c.merged AND NOT c.withdrawn
        AND c.answered_at >= :from AND c.answered_at < :to
        AND asked(:unit, c.unit) AND asked(:region, c.region) AND asked(:channel, c.channel)
        AND asked(:level, c.level)
        AND asked(:category, c.category, c.subcategory, c.category3, c.category4)
)
SELECT month, count(*) AS answered, sum(handling_hours) AS hours,
    count(*) FILTER (WHERE beyond) AS beyond,
    sum(handling_hours) / nullif(count(*), 0) AS value,
    round(ceil((sum(handling_hours) / nullif(count(*), 0) - :target) * 100) / 100, 2) AS slow
FROM counted GROUP BY ROLLUP (month)
