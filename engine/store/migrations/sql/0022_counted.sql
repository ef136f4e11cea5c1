-- Cases opened before marks were counted (0005) never had it said whether they count for their
-- customer's, so that who complained often seemed new. They count by the shipped rule, where the
-- newest file of their kind has that rule, or none yet. No mark looks back more than six months.
UPDATE cases AS c
SET counted = true
FROM (
    SELECT DISTINCT ON (d.id)
        d.id AS kind, ltrim(convert_from(r.content, 'UTF8'), U&'\FEFF')::json ->> 'counted' AS rule
    FROM definitions AS d JOIN resources AS r ON r.key = d.resource_key
    WHERE d.kind = 'case' AND d.id IN ('complaint', 'opinion')
    ORDER BY d.id, d.version DESC
) AS newest
WHERE c.kind = newest.kind AND NOT c.counted AND c.received_at > now() - interval '7 months'
    AND CASE c.kind
        WHEN 'opinion' THEN coalesce(newest.rule, 'true') IN ('true', '=true')
        ELSE coalesce(newest.rule, '=kind = null or kind = "complaint" or kind = "opinion"')
                = '=kind = null or kind = "complaint" or kind = "opinion"'
            AND (c.order_kind IS NULL OR c.order_kind IN ('complaint', 'opinion'))
    END;
