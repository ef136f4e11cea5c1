-- title: 并入一个事项的在办投诉
-- parameter matter: text 事项编号
SELECT l.number, c.status, c.owner, c.unit
FROM v_links l
JOIN v_cases c ON c.case_id = l.case_id
WHERE l.kind = 'part' AND l.to_number = :matter AND l.undone_at IS NULL AND c.closed_at IS NULL
ORDER BY l.number
