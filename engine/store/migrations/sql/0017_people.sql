-- Whose people somebody is: the unit that the account names by its id or its name, else the unit
-- among the person's groups.
CREATE OR REPLACE VIEW v_people AS
SELECT p.login AS person, mine.id AS unit
FROM people p
LEFT JOIN LATERAL (
    SELECT g.id
    FROM groups g
    WHERE g.id = p.unit OR g.name = p.unit OR g.id = ANY(p.groups)
    ORDER BY coalesce(g.id = p.unit, false) DESC, coalesce(g.name = p.unit, false) DESC,
        g.kind IS NULL,
        array_position(ARRAY['vendor', 'branch', 'department', 'desk', 'team'], g.kind::text), g.id
    LIMIT 1
) AS mine ON true;
