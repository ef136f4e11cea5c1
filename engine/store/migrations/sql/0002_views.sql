-- Views for figures (docs/figures.md). No personal data: no names, numbers or texts of customers.

-- A moment as it stands in JSON; null for anything that is none. Without an offset it is meant
-- in the session's zone.
CREATE FUNCTION json_moment(value text) RETURNS timestamptz LANGUAGE sql STABLE STRICT RETURN
    CASE
        WHEN value !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$' THEN NULL
        WHEN substr(value, 9, 2) > '28'
            AND substr(value, 9, 2)::int > extract(day FROM (substr(value, 1, 7) || '-01')::date + interval '1 month' - interval '1 day') THEN NULL
        ELSE value::timestamptz
    END;

-- Whether a row passes a filter: one that is not set passes everything.
CREATE FUNCTION asked(wanted text, value text) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN wanted IS NULL OR value IS NOT DISTINCT FROM wanted;

CREATE FUNCTION hours_between(since timestamptz, until timestamptz) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT
RETURN extract(epoch FROM until - since) / 3600;

CREATE VIEW v_tasks AS
SELECT
    key AS task_id, case_id, element_id, name, state, assignee, ended_by,
    created_at, assigned_at, started_at, ended_at, due_at,
    hours_between(created_at, assigned_at) AS queue_hours,
    hours_between(assigned_at, ended_at) AS handling_hours,
    CASE
        WHEN due_at IS NULL THEN NULL
        WHEN state = 'completed' THEN ended_at <= due_at
        WHEN state = 'created' AND due_at < now() THEN false
    END AS on_time
FROM user_tasks;

CREATE VIEW v_cases AS
SELECT
    plain.*,
    date_trunc('month', received_at)::date AS received_month,
    date_trunc('month', answered_at)::date AS answered_month,
    date_trunc('month', closed_at)::date AS closed_month,
    hours_between(received_at, answered_at) AS handling_hours,
    CASE
        WHEN reply_due_at IS NULL THEN NULL
        WHEN answered_at IS NOT NULL THEN answered_at <= reply_due_at
        WHEN reply_due_at < now() THEN false
    END AS on_time
FROM (
    SELECT
        c.key AS case_id, c.number, c.kind, c.status, c.sample,
        c.received_at, c.opened_at, c.closed_at, c.due_at,
        i.status AS outcome,
        c.data ->> 'kind' AS order_kind,
        c.data ->> 'category' AS category,
        c.data ->> 'subcategory' AS subcategory,
        c.data ->> 'region' AS region,
        c.data ->> 'unit' AS unit,
        c.data ->> 'team' AS team,
        c.data ->> 'owner' AS owner,
        c.data ->> 'channel' AS channel,
        coalesce(c.data ->> 'customer_level', cu.level) AS level,
        c.data ->> 'complaint_class' AS complaint_class,
        coalesce(c.data -> 'urgent' = 'true', false) AS urgent,
        coalesce(c.data -> 'escalated' = 'true', false) AS escalated,
        coalesce(c.data ->> 'escalation_level', 'none') AS escalation_level,
        coalesce(c.data -> 'repeated' = 'true', false) AS repeated,
        coalesce(c.data ->> 'intake_result' = 'solved', false) AS on_spot,
        coalesce(c.data ->> 'intake_result' = 'duplicate', false) AS merged,
        coalesce(i.status IN ('terminated', 'error'), false) AS withdrawn,
        c.data ->> 'satisfaction' AS satisfaction,
        c.data ->> 'solved' AS solved,
        c.data ->> 'no_revisit_reason' AS no_revisit_reason,
        c.data ->> 'company_fault' AS company_fault,
        c.data ->> 'responsible_unit' AS responsible_unit,
        c.data ->> 'closing_class' AS closing_class,
        moments.reply_due_at, moments.dispatched_at, moments.answered_at, moments.revisited_at,
        CASE WHEN jsonb_typeof(c.data -> 'urge_count') = 'number' THEN (c.data ->> 'urge_count')::numeric ELSE 0 END AS urge_count,
        CASE WHEN jsonb_typeof(c.data -> 'transfer_count') = 'number' THEN (c.data ->> 'transfer_count')::numeric ELSE 0 END AS transfer_count,
        CASE WHEN jsonb_typeof(c.data -> 'reopen_count') = 'number' THEN (c.data ->> 'reopen_count')::numeric ELSE 0 END AS reopen_count
    FROM cases c
    LEFT JOIN instances i ON i.key = c.key
    LEFT JOIN customers cu ON cu.key = c.customer_key
    CROSS JOIN LATERAL (
        SELECT
            json_moment(c.data ->> 'reply_due_at') AS reply_due_at,
            json_moment(c.data ->> 'dispatched_at') AS dispatched_at,
            CASE
                WHEN c.data ->> 'intake_result' = 'solved' THEN (
                    SELECT max(t.ended_at) FROM user_tasks t
                    WHERE t.case_id = c.key AND t.element_id = 'pre_process'
                        AND t.state = 'completed'
                )
                ELSE json_moment(c.data ->> 'answered_at')
            END AS answered_at,
            json_moment(c.data ->> 'revisited_at') AS revisited_at
        OFFSET 0 -- read once a case, however often the columns below need them
    ) AS moments
) AS plain;

CREATE VIEW v_history AS
SELECT case_id, seq, at, actor, kind, element_id FROM history;

COMMENT ON VIEW v_cases IS 'One row a case; docs/figures.md';
COMMENT ON VIEW v_tasks IS 'One row a user task; docs/figures.md';
COMMENT ON VIEW v_history IS 'One row an entry of the history, without its data; docs/figures.md';

-- The role is the server's, not the database's, and making one may not be ours to do: figures
-- then run as the account itself, in a read-only transaction and checked all the same.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'bihuan_figures') THEN
        BEGIN
            CREATE ROLE bihuan_figures NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL; -- another database of this server was faster
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'bihuan_figures', 'MEMBER') THEN
        EXECUTE format('GRANT bihuan_figures TO %I', current_user);
    END IF;
    GRANT USAGE ON SCHEMA public TO bihuan_figures;
    GRANT SELECT ON v_cases, v_tasks, v_history TO bihuan_figures;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'no role bihuan_figures: %', SQLERRM;
END;
$$;
