-- title: 内部客户评分
-- formula: 下游环节对上游环节所评分数（1–5）之和 ÷ 评分次数；申诉成立的不计；按评分时间
-- source: 资料 003
-- unit: 分
-- direction: up
-- decimals: 2
-- order: 110
-- roles: 受理、派单、处理、厂家核实、核对、回复、回访
-- column scores: 评分次数
-- column low: 2 分及以下
-- missing to_target: 还差 {} 次 5 分才达标
-- cases 2 分及以下: score <= 2
-- cases 3 分: score = 3
WITH counted AS (
    SELECT case_id, month, score, role, person, unit, vendor
    FROM v_assessments
    WHERE stands AND score IS NOT NULL AND given_at >= :from AND given_at < :to
)
SELECT month,
    count(*) AS scores,
    count(*) FILTER (WHERE score <= 2) AS low,
    avg(score) AS value,
    ceil((:target * count(*) - sum(score)) / nullif(5 - :target, 0)) AS to_target
FROM counted GROUP BY ROLLUP (month)
