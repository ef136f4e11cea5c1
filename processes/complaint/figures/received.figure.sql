-- title: 投诉受理量
-- formula: 受理的投诉件数，意见、咨询等不计；按受理时间，并单和撤销的不计
-- source: 资料 001、003
-- unit: 件
-- direction: down
-- decimals: 0
-- order: 5
-- column escalated: 其中升级
-- column repeated: 其中重复
-- column late: 其中超时
-- cases 升级: escalated
-- cases 重复: repeated
-- cases 超时: late
WITH counted AS (
    SELECT c.case_id, c.received_month AS month, c.escalated, c.repeated,
        coalesce(NOT c.on_time, false) AS late
    FROM v_cases c
    WHERE c.kind = 'complaint' AND (c.order_kind = 'complaint' OR c.order_kind IS NULL)
        AND NOT c.merged AND NOT c.withdrawn
        AND c.received_at >= :from AND c.received_at < :to
)
SELECT month,
    count(*) AS value,
    count(*) FILTER (WHERE escalated) AS escalated,
    count(*) FILTER (WHERE repeated) AS repeated,
    count(*) FILTER (WHERE late) AS late
FROM counted GROUP BY ROLLUP (month)
