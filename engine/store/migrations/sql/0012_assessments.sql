-- What those downstream say of the work they were handed (docs/assessment.md).
CREATE TABLE assessments (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    element_id VARCHAR,
    role VARCHAR NOT NULL,
    person VARCHAR,
    unit VARCHAR,
    vendor VARCHAR,
    score SMALLINT,
    points NUMERIC DEFAULT 0 NOT NULL,
    veto BOOLEAN DEFAULT 'false' NOT NULL,
    reasons VARCHAR[] DEFAULT '{}' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    given_at TIMESTAMP WITH TIME ZONE NOT NULL,
    given_by VARCHAR NOT NULL,
    appeal_until TIMESTAMP WITH TIME ZONE,
    appealed_at TIMESTAMP WITH TIME ZONE,
    appealed_by VARCHAR,
    appeal_reason TEXT,
    decided_at TIMESTAMP WITH TIME ZONE,
    decided_by VARCHAR,
    decision_note TEXT,
    stands BOOLEAN DEFAULT 'true' NOT NULL,
    CONSTRAINT pk_assessments PRIMARY KEY (key)
);

CREATE INDEX ix_assessments_case_id ON assessments (case_id);
CREATE INDEX ix_assessments_given ON assessments (given_at);
CREATE INDEX ix_assessments_appealed ON assessments (appealed_at) WHERE appealed_at IS NOT NULL AND decided_at IS NULL;

CREATE VIEW v_assessments AS
SELECT
    key AS assessment_id, case_id, kind, element_id, role, person, unit, vendor, score, points,
    veto, stands, given_at, given_by, date_trunc('month', given_at)::date AS month
FROM assessments;

-- By what a figure may be narrowed and taken apart, a row a case.
CREATE VIEW v_dimensions AS
SELECT
    c.key AS case_id,
    c.data ->> 'kind' AS kind,
    c.data ->> 'category' AS category,
    c.data ->> 'subcategory' AS subcategory,
    c.data ->> 'category3' AS category3,
    c.data ->> 'category4' AS category4,
    c.data ->> 'region' AS region,
    c.data ->> 'unit' AS unit,
    c.data ->> 'channel' AS channel,
    coalesce(c.data ->> 'customer_level', cu.level) AS level,
    c.data ->> 'vendor' AS vendor,
    c.data ->> 'owner' AS person
FROM cases c
LEFT JOIN customers cu ON cu.key = c.customer_key;

CREATE VIEW v_people AS
SELECT login AS person, unit FROM people;

COMMENT ON VIEW v_assessments IS 'One row an assessment of a hand-over; docs/assessment.md';
COMMENT ON VIEW v_dimensions IS 'One row a case; docs/figures.md';
COMMENT ON VIEW v_people IS 'One row an account, without its name; docs/figures.md';

DO $$
BEGIN
    GRANT SELECT ON v_assessments, v_dimensions, v_people TO bihuan_figures;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
    RAISE NOTICE 'no role bihuan_figures: %', SQLERRM;
END;
$$;
