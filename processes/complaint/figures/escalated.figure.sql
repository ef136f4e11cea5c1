-- title: 升级投诉率
-- formula: 当月升级投诉 ÷（当月客户投诉＋当月升级投诉）；升级投诉不在客户投诉中重复计数；升级投诉按升级时间，其余按受理时间，并单和撤销的不计
-- source: 资料 004
-- unit: %
-- decimals: 2
-- direction: down
-- order: 30
-- column escalated: 升级投诉
-- column ordinary: 客户投诉
-- missing above: 比目标多 {} 件升级投诉
-- cases 升级投诉: escalated
-- cases 部级: escalation_level = 'ministry'
-- cases 省级: escalation_level = 'province'
WITH counted AS (
    SELECT c.case_id, date_trunc('month', coalesce(c.escalated_at, c.received_at))::date AS month,
        c.escalated, c.escalation_level
    FROM v_cases c
    WHERE c.kind = 'complaint' AND NOT c.merged AND NOT c.withdrawn
        AND coalesce(c.escalated_at, c.received_at) >= :from
        AND coalesce(c.escalated_at, c.received_at) < :to
        AND asked(:unit, c.unit) AND asked(:region, c.region) AND asked(:channel, c.channel)
        AND asked(:level, c.level)
        AND asked(:category, c.category, c.subcategory, c.category3, c.category4)
        AND (c.order_kind = 'complaint' OR c.order_kind IS NULL)
)
SELECT month,
    count(*) FILTER (WHERE escalated) AS escalated,
    count(*) FILTER (WHERE NOT escalated) AS ordinary,
    100.0 * count(*) FILTER (WHERE escalated) / nullif(count(*), 0) AS value,
    -- 其余投诉不变时，e ÷（其余＋e）≤ 目标 所容许的 e 之外的件数
    ceil(
        count(*) FILTER (WHERE escalated)
        - :target * count(*) FILTER (WHERE NOT escalated) / nullif(100 - :target, 0)
    ) AS above
FROM counted GROUP BY ROLLUP (month)
