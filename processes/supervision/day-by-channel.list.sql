-- title: 各渠道当日受理
-- parameter since: moment 当日零点
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
    END AS channel, count(*) AS received, count(*) FILTER (WHERE on_spot) AS on_spot
FROM v_cases
WHERE received_at >= :since AND channel IS NOT NULL AND NOT merged
GROUP BY 1
ORDER BY received DESC, channel
