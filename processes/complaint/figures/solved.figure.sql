-- title: 解决率
-- formula: 解决 ÷（解决＋未解决＋超额未回访量）；超额未回访量与满意率相同；并单和撤销的不计
-- source: 资料 000
-- unit: %
-- direction: up
-- order: 20
-- setting high_star_quota: 95 高星级、重点客户回访配额（%）
-- setting ordinary_quota: 90 普通客户回访配额（%）
-- column solved: 解决
-- column unsolved: 未解决
-- column shortfall: 超额未回访量
-- missing shortfall: 还差 {} 件回访
-- missing to_target: 按现有件数，还差 {} 件解决才达标
-- cases 解决: revisited AND solved = 'yes'
-- cases 未解决: revisited AND solved = 'no'
-- cases 未回访: NOT revisited AND NOT excused
WITH revisit AS (
    -- 一件工单以最近一次人工回访为准：重开后要再回访一次。意见用短信回访，不在其内。
    SELECT DISTINCT ON (case_id) case_id, state, created_at
    FROM v_tasks
    WHERE element_id = 'call_back' AND state <> 'cancelled'
    ORDER BY case_id, created_at DESC
), counted AS (
    SELECT c.case_id, date_trunc('month', r.created_at)::date AS month,
        coalesce(c.level IN ('vip', 'high-star'), false) AS high_star,
        r.state = 'completed' AND c.no_revisit_reason IS NOT NULL AS excused,
        r.state = 'completed' AND c.no_revisit_reason IS NULL AS revisited,
        c.satisfaction, c.solved
    FROM revisit r JOIN v_cases c ON c.case_id = r.case_id
    WHERE c.kind = 'complaint' AND (c.order_kind = 'complaint' OR c.order_kind IS NULL)
        AND NOT c.merged AND NOT c.withdrawn
        AND r.created_at >= :from AND r.created_at < :to
        AND asked(:unit, c.unit) AND asked(:region, c.region) AND asked(:channel, c.channel)
        AND asked(:level, c.level)
        AND asked(:category, c.category, c.subcategory, c.category3, c.category4)
), tallied AS (
    SELECT month,
        count(*) FILTER (WHERE revisited AND solved = 'yes') AS solved,
        count(*) FILTER (WHERE revisited AND solved = 'no') AS unsolved,
        count(*) FILTER (WHERE high_star AND NOT excused) AS high_due,
        count(*) FILTER (WHERE high_star AND revisited) AS high_done,
        count(*) FILTER (WHERE NOT high_star AND NOT excused) AS ordinary_due,
        count(*) FILTER (WHERE NOT high_star AND revisited) AS ordinary_done
    FROM counted GROUP BY ROLLUP (month)
), short AS (
    SELECT month, solved, unsolved,
            greatest(0, ceil(high_due * :high_star_quota / 100 - high_done))
            + greatest(0, ceil(ordinary_due * :ordinary_quota / 100 - ordinary_done)) AS shortfall
    FROM tallied
)
SELECT month, solved, unsolved, shortfall,
    100.0 * solved / nullif(solved + unsolved + shortfall, 0) AS value,
    ceil(:target / 100 * (solved + unsolved + shortfall) - solved) AS to_target
FROM short
