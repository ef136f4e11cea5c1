-- title: 各渠道并排对比
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
    SELECT c.channel, c.on_spot,
        c.received_at >= :since AND c.received_at < :until AS received,
        r.case_id IS NOT NULL AS due,
        coalesce(c.level IN ('vip', 'high-star'), false) AS high_star,
        r.state = 'completed' AND c.no_revisit_reason IS NOT NULL AS excused,
        r.state = 'completed' AND c.no_revisit_reason IS NULL AS revisited,
        c.satisfaction
    FROM v_cases c
    LEFT JOIN revisit r
        ON r.case_id = c.case_id AND r.created_at >= :since AND r.created_at < :until
    WHERE c.kind = 'complaint' AND (c.order_kind = 'complaint' OR c.order_kind IS NULL)
        AND NOT c.merged AND NOT c.withdrawn
), tallied AS (
    SELECT CASE channel
        WHEN 'hotline' THEN '热线坐席'
        WHEN 'voice-mail' THEN '语音留言'
        WHEN 'fax' THEN '传真'
        WHEN 'sms' THEN '短信'
        WHEN 'web' THEN '网上自助'
        WHEN 'e-mail' THEN '电子邮件'
        WHEN 'letter' THEN '来函'
        WHEN 'visit' THEN '上门来访'
        WHEN 'hall' THEN '营业厅'
        WHEN 'account-manager' THEN '客户经理'
        WHEN 'supervision-line' THEN '社会监督热线'
        WHEN 'comment-book' THEN '意见簿'
        WHEN 'chat' THEN '在线客服'
        ELSE '其他'
    END AS channel,
        count(*) FILTER (WHERE received) AS received,
        count(*) FILTER (WHERE received AND on_spot) AS on_spot,
        count(*) FILTER (WHERE due AND revisited AND satisfaction = 'satisfied') AS satisfied,
        count(*) FILTER (WHERE due AND revisited AND satisfaction IS NOT NULL) AS rated,
        count(*) FILTER (WHERE due AND high_star AND NOT excused) AS high_due,
        count(*) FILTER (WHERE due AND high_star AND revisited) AS high_done,
        count(*) FILTER (WHERE due AND NOT high_star AND NOT excused) AS ordinary_due,
        count(*) FILTER (WHERE due AND NOT high_star AND revisited) AS ordinary_done
    FROM counted
    WHERE received OR due
    GROUP BY 1
)
SELECT channel, received, round(100.0 * on_spot / nullif(received, 0), 1) AS on_spot,
    round(100.0 * satisfied / nullif(
        rated
        + greatest(0, ceil(high_due * coalesce(:high_star_quota, 95) / 100 - high_done))
        + greatest(0, ceil(ordinary_due * coalesce(:ordinary_quota, 90) / 100 - ordinary_done)), 0
    ), 1) AS satisfied
FROM tallied
ORDER BY received DESC, channel
