-- What vendors and outbound callers had to do with complaints, and what was paid (docs/figures.md).
CREATE VIEW v_vendors AS
SELECT
    c.key AS case_id, c.number, c.sample, c.received_at, c.closed_at,
    c.data ->> 'vendor' AS vendor,
    c.data ->> 'subcategory' AS subcategory,
    c.data ->> 'region' AS region,
    c.data ->> 'solved' AS solved,
    coalesce(c.data -> 'vendor_late' = 'true', false) AS late,
    c.data ->> 'vendor_contact' AS contact,
    c.data ->> 'fault_party' AS fault_party,
    c.data ->> 'compensation_state' AS compensation_state,
    CASE
        WHEN c.data ->> 'compensation_state' IN ('paid', 'refunded')
            AND jsonb_typeof(c.data -> 'compensation_amount') = 'number'
        THEN (c.data ->> 'compensation_amount')::numeric
    END AS amount,
    json_moment(c.data ->> 'compensated_at') AS paid_at,
    c.data ->> 'receipt_no' AS receipt_no
FROM cases c
WHERE c.data ->> 'vendor' IS NOT NULL OR c.data ->> 'compensation_state' IS NOT NULL;

COMMENT ON VIEW v_vendors IS 'One row a case with a vendor or a compensation; docs/figures.md';

DO $$
BEGIN
    GRANT SELECT ON v_vendors TO bihuan_figures;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
    RAISE NOTICE 'no role bihuan_figures: %', SQLERRM;
END;
$$;
