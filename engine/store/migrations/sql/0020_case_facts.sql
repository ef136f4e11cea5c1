-- What figures read of a case, as columns derived from its data (engine/case_facts.py).

-- A moment as it stands in JSON; null for anything that is none. Without an offset it is Chinese
-- time: a derived column may not depend on a session's zone.
CREATE FUNCTION moment_of(value text) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF (value LIKE '____-__-__T__:__:__+__:__' OR value LIKE '____-__-__T__:__:__.______+__:__')
        AND substr(value, 12, 2) < '24' AND substr(value, 18, 2) < '60' THEN
        RETURN value::timestamptz; -- as nearly all are; the pattern below takes four times as long
    ELSIF value !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$' THEN
        RETURN NULL;
    ELSIF substr(value, 9, 2) > '28'
        AND substr(value, 9, 2)::int > extract(day FROM (substr(value, 1, 7) || '-01')::date + interval '1 month' - interval '1 day') THEN
        RETURN NULL;
    ELSIF value ~ '(Z|[+-][0-9]{2}:?[0-9]{2})$' THEN
        RETURN value::timestamptz;
    END IF;
    RETURN value::timestamp AT TIME ZONE 'Asia/Shanghai';
EXCEPTION WHEN data_exception THEN
    RETURN NULL; -- the year 0000, an offset of +99:00: no data may keep a case from being written
END;
$$;

CREATE FUNCTION count_of(value jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN jsonb_typeof(value) = 'number' THEN (value #>> '{}')::numeric ELSE 0 END;

-- A case solved on the spot is answered then; from now on its diagram says so.
UPDATE cases c
SET data = c.data || jsonb_build_object('answered_at', to_jsonb(t.ended_at))
FROM (
    SELECT case_id, max(ended_at) AS ended_at FROM user_tasks
    WHERE element_id = 'pre_process' AND state = 'completed' GROUP BY case_id
) AS t
WHERE t.case_id = c.key AND t.ended_at IS NOT NULL
    AND c.data ->> 'intake_result' = 'solved' AND NOT c.data ? 'answered_at';

ALTER TABLE cases
    ADD COLUMN order_kind text GENERATED ALWAYS AS (data ->> 'kind') STORED,
    ADD COLUMN category text GENERATED ALWAYS AS (data ->> 'category') STORED,
    ADD COLUMN subcategory text GENERATED ALWAYS AS (data ->> 'subcategory') STORED,
    ADD COLUMN category3 text GENERATED ALWAYS AS (data ->> 'category3') STORED,
    ADD COLUMN category4 text GENERATED ALWAYS AS (data ->> 'category4') STORED,
    ADD COLUMN region text GENERATED ALWAYS AS (data ->> 'region') STORED,
    ADD COLUMN unit text GENERATED ALWAYS AS (data ->> 'unit') STORED,
    ADD COLUMN team text GENERATED ALWAYS AS (data ->> 'team') STORED,
    ADD COLUMN owner text GENERATED ALWAYS AS (data ->> 'owner') STORED,
    ADD COLUMN channel text GENERATED ALWAYS AS (data ->> 'channel') STORED,
    ADD COLUMN customer_level text GENERATED ALWAYS AS (data ->> 'customer_level') STORED,
    ADD COLUMN complaint_class text GENERATED ALWAYS AS (data ->> 'complaint_class') STORED,
    ADD COLUMN escalation_level text GENERATED ALWAYS AS (data ->> 'escalation_level') STORED,
    ADD COLUMN intake_result text GENERATED ALWAYS AS (data ->> 'intake_result') STORED,
    ADD COLUMN satisfaction text GENERATED ALWAYS AS (data ->> 'satisfaction') STORED,
    ADD COLUMN solved text GENERATED ALWAYS AS (data ->> 'solved') STORED,
    ADD COLUMN no_revisit_reason text GENERATED ALWAYS AS (data ->> 'no_revisit_reason') STORED,
    ADD COLUMN company_fault text GENERATED ALWAYS AS (data ->> 'company_fault') STORED,
    ADD COLUMN responsible_unit text GENERATED ALWAYS AS (data ->> 'responsible_unit') STORED,
    ADD COLUMN closing_class text GENERATED ALWAYS AS (data ->> 'closing_class') STORED,
    ADD COLUMN vendor text GENERATED ALWAYS AS (data ->> 'vendor') STORED,
    ADD COLUMN compensation_state text GENERATED ALWAYS AS (data ->> 'compensation_state') STORED,
    ADD COLUMN urgent boolean GENERATED ALWAYS AS (coalesce(data -> 'urgent' = 'true', false)) STORED,
    ADD COLUMN escalated boolean GENERATED ALWAYS AS (coalesce(data -> 'escalated' = 'true', false)) STORED,
    ADD COLUMN repeated boolean GENERATED ALWAYS AS (coalesce(data -> 'repeated' = 'true', false)) STORED,
    ADD COLUMN reply_due_at timestamptz GENERATED ALWAYS AS (moment_of(data ->> 'reply_due_at')) STORED,
    ADD COLUMN dispatched_at timestamptz GENERATED ALWAYS AS (moment_of(data ->> 'dispatched_at')) STORED,
    ADD COLUMN answered_at timestamptz GENERATED ALWAYS AS (moment_of(data ->> 'answered_at')) STORED,
    ADD COLUMN revisited_at timestamptz GENERATED ALWAYS AS (moment_of(data ->> 'revisited_at')) STORED,
    ADD COLUMN escalated_at timestamptz GENERATED ALWAYS AS (moment_of(data ->> 'escalated_at')) STORED,
    ADD COLUMN urge_count numeric GENERATED ALWAYS AS (count_of(data -> 'urge_count')) STORED,
    ADD COLUMN transfer_count numeric GENERATED ALWAYS AS (count_of(data -> 'transfer_count')) STORED,
    ADD COLUMN reopen_count numeric GENERATED ALWAYS AS (count_of(data -> 'reopen_count')) STORED;

CREATE INDEX ix_instances_withdrawn ON instances (key) WHERE status IN ('terminated', 'error');

CREATE OR REPLACE VIEW v_cases AS
SELECT
    plain.case_id, plain.number, plain.kind, plain.status, plain.sample, plain.received_at,
    plain.opened_at, plain.closed_at, plain.due_at, plain.outcome, plain.order_kind,
    plain.category, plain.subcategory, plain.region, plain.unit, plain.team, plain.owner,
    plain.channel, plain.level, plain.complaint_class, plain.urgent, plain.escalated,
    plain.escalation_level, plain.repeated, plain.on_spot, plain.merged, plain.withdrawn,
    plain.satisfaction, plain.solved, plain.no_revisit_reason, plain.company_fault,
    plain.responsible_unit, plain.closing_class, plain.reply_due_at, plain.dispatched_at,
    plain.answered_at, plain.revisited_at, plain.urge_count, plain.transfer_count,
    plain.reopen_count,
    date_trunc('month', received_at)::date AS received_month,
    date_trunc('month', answered_at)::date AS answered_month,
    date_trunc('month', closed_at)::date AS closed_month,
    hours_between(received_at, answered_at) AS handling_hours,
    CASE
        WHEN reply_due_at IS NULL THEN NULL
        WHEN answered_at IS NOT NULL THEN answered_at <= reply_due_at
        WHEN reply_due_at < now() THEN false
    END AS on_time,
    plain.customer_id, plain.marks, plain.contacts, plain.merged_into, plain.repeat_of,
    plain.matter, plain.category3, plain.category4, plain.escalated_at
FROM (
    SELECT
        c.key AS case_id, c.number, c.kind, c.status, c.sample,
        c.received_at, c.opened_at, c.closed_at, c.due_at,
        i.status AS outcome,
        c.order_kind, c.category, c.subcategory, c.region, c.unit, c.team, c.owner, c.channel,
        coalesce(c.customer_level, cu.level) AS level,
        c.complaint_class, c.urgent, c.escalated,
        coalesce(c.escalation_level, 'none') AS escalation_level,
        c.repeated,
        -- Written so that the planner knows how many there are: of coalesce() it knows nothing.
        c.intake_result IS NOT DISTINCT FROM 'solved' AS on_spot,
        c.merged_into IS NOT NULL OR c.intake_result IS NOT DISTINCT FROM 'duplicate' AS merged,
        -- Asked in this way, the few that were are looked for, not the status of every case.
        EXISTS (
            SELECT FROM instances w WHERE w.key = c.key AND w.status IN ('terminated', 'error')
        ) AS withdrawn,
        c.satisfaction, c.solved, c.no_revisit_reason, c.company_fault, c.responsible_unit,
        c.closing_class, c.reply_due_at, c.dispatched_at,
        CASE
            -- Under way since before diagrams said it.
            WHEN c.answered_at IS NULL AND c.intake_result = 'solved' THEN (
                SELECT max(t.ended_at) FROM user_tasks t
                WHERE t.case_id = c.key AND t.element_id = 'pre_process' AND t.state = 'completed'
            )
            ELSE c.answered_at
        END AS answered_at,
        c.revisited_at, c.urge_count, c.transfer_count, c.reopen_count,
        coalesce(cu.merged_into, cu.key) AS customer_id, c.marks, c.contacts,
        (SELECT o.number FROM cases o WHERE o.key = c.merged_into) AS merged_into,
        coalesce(
            (SELECT min(o.number) FROM case_links l JOIN cases o ON o.key = l.to_case
             WHERE l.case_id = c.key AND l.kind = 'repeat' AND l.undone_at IS NULL),
            nullif(c.data ->> 'repeat_of', '')
        ) AS repeat_of,
        (SELECT min(o.number) FROM case_links l JOIN cases o ON o.key = l.to_case
         WHERE l.case_id = c.key AND l.kind = 'part' AND l.undone_at IS NULL) AS matter,
        c.category3, c.category4,
        CASE WHEN c.escalated THEN coalesce(c.escalated_at, c.received_at) END AS escalated_at
    FROM cases c
    LEFT JOIN instances i ON i.key = c.key
    LEFT JOIN customers cu ON cu.key = c.customer_key
) AS plain;

CREATE OR REPLACE VIEW v_dimensions AS
SELECT
    c.key AS case_id, c.order_kind AS kind, c.category, c.subcategory, c.category3, c.category4,
    c.region, c.unit, c.channel, coalesce(c.customer_level, cu.level) AS level, c.vendor,
    c.owner AS person
FROM cases c
LEFT JOIN customers cu ON cu.key = c.customer_key;

CREATE OR REPLACE VIEW v_vendors AS
SELECT
    c.key AS case_id, c.number, c.sample, c.received_at, c.closed_at, c.vendor, c.subcategory,
    c.region, c.solved,
    coalesce(c.data -> 'vendor_late' = 'true', false) AS late,
    c.data ->> 'vendor_contact' AS contact,
    c.data ->> 'fault_party' AS fault_party,
    c.compensation_state,
    CASE
        WHEN c.compensation_state IN ('paid', 'refunded')
            AND jsonb_typeof(c.data -> 'compensation_amount') = 'number'
        THEN (c.data ->> 'compensation_amount')::numeric
    END AS amount,
    moment_of(c.data ->> 'compensated_at') AS paid_at,
    c.data ->> 'receipt_no' AS receipt_no
FROM cases c
WHERE c.vendor IS NOT NULL OR c.compensation_state IS NOT NULL;

ANALYZE cases;
