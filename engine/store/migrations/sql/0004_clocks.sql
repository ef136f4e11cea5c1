-- The clocks of cases (docs/clocks.md).
CREATE TABLE case_clocks (
    key bigint NOT NULL,
    case_id bigint NOT NULL,
    instance_key bigint NOT NULL,
    element_id varchar NOT NULL,
    name varchar NOT NULL,
    subject varchar NOT NULL DEFAULT '',
    state varchar NOT NULL,
    basis varchar NOT NULL,
    span varchar NOT NULL DEFAULT '',
    variable varchar NOT NULL DEFAULT '',
    calendar_key bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    warn_before varchar NOT NULL DEFAULT '',
    ended_at timestamptz,
    pauses jsonb NOT NULL DEFAULT '[]',
    changes jsonb NOT NULL DEFAULT '[]',
    rule jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT pk_case_clocks PRIMARY KEY (key)
);
CREATE INDEX ix_case_clocks_case_id ON case_clocks (case_id);
CREATE INDEX ix_case_clocks_open ON case_clocks (due_at) WHERE ended_at IS NULL;

CREATE VIEW v_clocks AS
SELECT
    key AS clock_id, case_id, name, subject, state, basis, started_at, due_at, ended_at,
    rule ->> 'decision' AS decision,
    (rule ->> 'version')::int AS rule_version,
    (rule ->> 'index')::int AS rule_index,
    jsonb_array_length(pauses) AS pause_count,
    (
        SELECT coalesce(sum(hours_between(
            (pause ->> 'from')::timestamptz,
            coalesce((pause ->> 'to')::timestamptz, ended_at, now())
        )), 0)
        FROM jsonb_array_elements(pauses) AS pause
    ) AS paused_hours,
    changes @> '[{"kind": "agreed"}]' AS agreed,
    jsonb_array_length(changes) AS change_count,
    CASE
        WHEN state = 'met' THEN ended_at <= due_at
        WHEN state = 'running' AND due_at < now() THEN false
    END AS on_time,
    hours_between(started_at, ended_at) AS hours
FROM case_clocks;

COMMENT ON VIEW v_clocks IS 'One row a clock of a case; docs/figures.md';

DO $$
BEGIN
    GRANT SELECT ON v_clocks TO bihuan_figures;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
    RAISE NOTICE 'no role bihuan_figures: %', SQLERRM;
END;
$$;
