-- title: 态度投诉否决
-- formula: 认定公司有责的服务态度投诉次数，当月一票否决；申诉成立的不计；按认定时间
-- source: 资料 001
-- unit: 次
-- direction: down
-- decimals: 0
-- order: 120
-- target: 0
-- cases 一票否决: true
WITH counted AS (
    SELECT case_id, month, role, person, unit, vendor
    FROM v_assessments
    WHERE stands AND veto AND given_at >= :from AND given_at < :to
)
SELECT month, count(*) AS value FROM counted GROUP BY ROLLUP (month)
