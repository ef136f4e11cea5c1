-- Units for figures and lists (docs/figures.md).
CREATE VIEW v_units AS
SELECT id AS unit, name, kind, parent, city, lead, deputy FROM groups;

COMMENT ON VIEW v_units IS 'One row a group or unit; docs/figures.md';

DO $$
BEGIN
    GRANT SELECT ON v_units TO bihuan_figures;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
    RAISE NOTICE 'no role bihuan_figures: %', SQLERRM;
END;
$$;
