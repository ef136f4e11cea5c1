-- title: 各渠道并排对比
-- parameter since: moment 期初
-- parameter until: moment 期末（不含）
SELECT CASE c.channel
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
    count(*) AS received,
    round(100.0 * count(*) FILTER (WHERE c.on_spot) / count(*), 1) AS on_spot,
    round(100.0 * count(*) FILTER (WHERE c.satisfaction = 'satisfied')
        / nullif(count(*) FILTER (WHERE c.satisfaction IS NOT NULL), 0), 1) AS satisfied
FROM v_cases c
WHERE c.kind = 'complaint' AND c.received_at >= :since AND c.received_at < :until AND NOT c.merged
GROUP BY 1
ORDER BY received DESC, channel
