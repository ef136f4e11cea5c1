-- title: 岗位任务及时率
-- formula: 在时限内办结的任务 ÷（已办结＋时限已过仍未办结的有时限任务）；按任务生成时间，单位、人员和岗位是办理任务的人的
-- source: 资料 000、003
-- unit: %
-- direction: up
-- order: 95
-- roles: 受理、派单、处理、厂家核实、核对、回复、回访、现场主管、审批、法务、责任认定、督办答复、其他
-- column timely: 及时
-- column late: 超时
-- missing to_target: 按现有任务，还差 {} 个及时办结才达标
-- cases 及时: on_time
-- cases 超时: NOT on_time
WITH counted AS (
    SELECT t.case_id, date_trunc('month', t.created_at)::date AS month, t.on_time,
        coalesce(t.assignee, t.ended_by) AS person,
        CASE WHEN p.person IS NULL THEN c.unit ELSE p.unit END AS unit,
        CASE t.element_id
            WHEN 'pre_process' THEN '受理'
            WHEN 'check_order' THEN '派单'
            WHEN 'judge' THEN '现场主管'
            WHEN 'supervisor' THEN '现场主管'
            WHEN 'investigate' THEN '处理'
            WHEN 'vendor_verify' THEN '厂家核实'
            WHEN 'check_feedback' THEN '核对'
            WHEN 'answer_customer' THEN '回复'
            WHEN 'approve' THEN '审批'
            WHEN 'legal_review' THEN '法务'
            WHEN 'call_back' THEN '回访'
            WHEN 'assess' THEN '责任认定'
            WHEN 'answer_order' THEN '督办答复'
            ELSE '其他'
        END AS role
    FROM v_tasks t
    JOIN v_cases c ON c.case_id = t.case_id
    LEFT JOIN v_people p ON p.person = coalesce(t.assignee, t.ended_by)
    WHERE t.on_time IS NOT NULL AND c.kind = 'complaint'
        AND t.created_at >= :from AND t.created_at < :to
)
SELECT month,
    count(*) FILTER (WHERE on_time) AS timely,
    count(*) FILTER (WHERE NOT on_time) AS late,
    100.0 * count(*) FILTER (WHERE on_time) / nullif(count(*), 0) AS value,
    ceil(:target / 100 * count(*) - count(*) FILTER (WHERE on_time)) AS to_target
FROM counted GROUP BY ROLLUP (month)
