-- title: 各单位并排对比
-- about: 满意率的公式同指标“满意率”：按回访任务的生成时间，超额未回访量计入分母
-- parameter since: moment 期初
-- parameter until: moment 期末（不含）
-- parameter high_star_quota: number 高星级、重点客户回访配额（%）；空为 95
-- parameter ordinary_quota: number 普通客户回访配额（%）；空为 90
WITH revisit AS (
    SELECT DISTINCT ON (case_id) case_id, state, created_at
    FROM v_tasks
    WHERE element_id = 'call_back' AND state <> 'cancelled'
    ORDER BY case_id, created_at DESC
), counted AS (
    SELECT c.unit, c.on_time,
        c.received_at >= :since AND c.received_at < :until AS received,
        c.closed_at >= :since AND c.closed_at < :until AS closed,
        CASE
            WHEN c.answered_at >= :since AND c.answered_at < :until THEN c.handling_hours
        END AS hours,
        r.case_id IS NOT NULL AS due,
        coalesce(c.level IN ('vip', 'high-star'), false) AS high_star,
        r.state = 'completed' AND c.no_revisit_reason IS NOT NULL AS excused,
        r.state = 'completed' AND c.no_revisit_reason IS NULL AS revisited,
        c.satisfaction
    FROM v_cases c
    LEFT JOIN revisit r
        ON r.case_id = c.case_id AND r.created_at >= :since AND r.created_at < :until
    WHERE c.kind = 'complaint' AND (c.order_kind = 'complaint' OR c.order_kind IS NULL)
        AND c.unit IS NOT NULL AND NOT c.merged AND NOT c.withdrawn
), tallied AS (
    SELECT unit,
        count(*) FILTER (WHERE received) AS received,
        count(*) FILTER (WHERE closed) AS closed,
        count(*) FILTER (WHERE received AND on_time = false) AS late,
        round(avg(hours), 1) AS hours,
        count(*) FILTER (WHERE due AND revisited AND satisfaction = 'satisfied') AS satisfied,
        count(*) FILTER (WHERE due AND revisited AND satisfaction IS NOT NULL) AS rated,
        count(*) FILTER (WHERE due AND high_star AND NOT excused) AS high_due,
        count(*) FILTER (WHERE due AND high_star AND revisited) AS high_done,
        count(*) FILTER (WHERE due AND NOT high_star AND NOT excused) AS ordinary_due,
        count(*) FILTER (WHERE due AND NOT high_star AND revisited) AS ordinary_done
    FROM counted
    WHERE received OR closed OR due OR hours IS NOT NULL
    GROUP BY unit
)
SELECT t.unit, coalesce(u.name, t.unit) AS name, received, closed, late, hours,
    round(100.0 * satisfied / nullif(
        rated
        + greatest(0, ceil(high_due * coalesce(:high_star_quota, 95) / 100 - high_done))
        + greatest(0, ceil(ordinary_due * coalesce(:ordinary_quota, 90) / 100 - ordinary_done)), 0
    ), 1) AS satisfied
FROM tallied t
LEFT JOIN v_units u ON u.unit = t.unit
ORDER BY received DESC, t.unit
