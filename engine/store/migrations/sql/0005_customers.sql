-- Customers: marks, further numbers, merging; cases: links and merging. The views that show them.

ALTER TABLE customers ADD COLUMN merged_into bigint;
CREATE INDEX ix_customers_merged_into ON customers (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX ix_customers_name ON customers (name);

ALTER TABLE cases
    ADD COLUMN counted boolean NOT NULL DEFAULT false,
    ADD COLUMN marks varchar[] NOT NULL DEFAULT '{}',
    ADD COLUMN contacts integer NOT NULL DEFAULT 1,
    ADD COLUMN merged_into bigint;
CREATE INDEX ix_cases_customer ON cases (customer_key, received_at);
DROP INDEX ix_cases_customer_key;

CREATE TABLE customer_identities (
    key BIGINT NOT NULL,
    customer_key BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    added_by VARCHAR NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_customer_identities PRIMARY KEY (key),
    CONSTRAINT fk_customer_identities_customer_key_customers FOREIGN KEY(customer_key) REFERENCES customers (key),
    CONSTRAINT uq_customer_identities_value UNIQUE (value)
);

CREATE INDEX ix_customer_identities_customer_key ON customer_identities (customer_key);

CREATE TABLE customer_marks (
    key BIGINT NOT NULL,
    customer_key BIGINT NOT NULL,
    mark VARCHAR NOT NULL,
    automatic BOOLEAN NOT NULL,
    why TEXT NOT NULL,
    case_id BIGINT,
    set_by VARCHAR NOT NULL,
    set_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE,
    lifted_at TIMESTAMP WITH TIME ZONE,
    lifted_by VARCHAR,
    lifted_why TEXT,
    CONSTRAINT pk_customer_marks PRIMARY KEY (key),
    CONSTRAINT fk_customer_marks_customer_key_customers FOREIGN KEY(customer_key) REFERENCES customers (key)
);

CREATE INDEX ix_customer_marks_customer_key ON customer_marks (customer_key);

CREATE TABLE customer_merges (
    key BIGINT NOT NULL,
    customer_key BIGINT NOT NULL,
    into_key BIGINT NOT NULL,
    moved JSONB NOT NULL,
    why TEXT NOT NULL,
    made_by VARCHAR NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by VARCHAR,
    CONSTRAINT pk_customer_merges PRIMARY KEY (key),
    CONSTRAINT fk_customer_merges_customer_key_customers FOREIGN KEY(customer_key) REFERENCES customers (key),
    CONSTRAINT fk_customer_merges_into_key_customers FOREIGN KEY(into_key) REFERENCES customers (key)
);

CREATE INDEX ix_customer_merges_customer_key ON customer_merges (customer_key);

CREATE INDEX ix_customer_merges_into_key ON customer_merges (into_key);

CREATE TABLE customer_log (
    key BIGINT NOT NULL,
    customer_key BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    data JSONB NOT NULL,
    CONSTRAINT pk_customer_log PRIMARY KEY (key),
    CONSTRAINT fk_customer_log_customer_key_customers FOREIGN KEY(customer_key) REFERENCES customers (key)
);

CREATE INDEX ix_customer_log_customer ON customer_log (customer_key, at);

CREATE TABLE case_links (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    to_case BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    why TEXT DEFAULT '' NOT NULL,
    made_by VARCHAR NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by VARCHAR,
    CONSTRAINT pk_case_links PRIMARY KEY (key)
);

CREATE INDEX ix_case_links_to_case ON case_links (to_case);

CREATE UNIQUE INDEX uq_case_links_standing ON case_links (case_id, to_case, kind) WHERE undone_at IS NULL;

CREATE TABLE case_merges (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    into_case BIGINT NOT NULL,
    restart_at VARCHAR,
    parked JSONB DEFAULT '{}' NOT NULL,
    before JSONB NOT NULL,
    why TEXT NOT NULL,
    made_by VARCHAR NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    undone_at TIMESTAMP WITH TIME ZONE,
    undone_by VARCHAR,
    CONSTRAINT pk_case_merges PRIMARY KEY (key)
);

CREATE INDEX ix_case_merges_into_case ON case_merges (into_case);

CREATE UNIQUE INDEX uq_case_merges_standing ON case_merges (case_id) WHERE undone_at IS NULL;

CREATE TRIGGER customer_log_is_append_only BEFORE UPDATE OR DELETE ON customer_log
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER customer_log_is_not_emptied BEFORE TRUNCATE ON customer_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The columns there were before come first, in their order.
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
    plain.matter, plain.category3, plain.category4
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
        c.merged_into IS NOT NULL OR coalesce(c.data ->> 'intake_result' = 'duplicate', false) AS merged,
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
        CASE WHEN jsonb_typeof(c.data -> 'reopen_count') = 'number' THEN (c.data ->> 'reopen_count')::numeric ELSE 0 END AS reopen_count,
        coalesce(cu.merged_into, cu.key) AS customer_id, c.marks, c.contacts,
        (SELECT o.number FROM cases o WHERE o.key = c.merged_into) AS merged_into,
        coalesce(
            (SELECT min(o.number) FROM case_links l JOIN cases o ON o.key = l.to_case
             WHERE l.case_id = c.key AND l.kind = 'repeat' AND l.undone_at IS NULL),
            nullif(c.data ->> 'repeat_of', '')
        ) AS repeat_of,
        (SELECT min(o.number) FROM case_links l JOIN cases o ON o.key = l.to_case
         WHERE l.case_id = c.key AND l.kind = 'part' AND l.undone_at IS NULL) AS matter,
        c.data ->> 'category3' AS category3, c.data ->> 'category4' AS category4
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

CREATE VIEW v_links AS
SELECT
    l.key AS link_id, l.case_id, l.kind, l.to_case AS to_case_id,
    this.number AS number, other.number AS to_number, l.made_at, l.undone_at
FROM case_links l
JOIN cases this ON this.key = l.case_id
JOIN cases other ON other.key = l.to_case;

CREATE VIEW v_marks AS
SELECT
    key AS mark_id, customer_key AS customer_id, mark, automatic, set_at, expires_at, lifted_at,
    lifted_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS in_force
FROM customer_marks;

COMMENT ON VIEW v_cases IS 'One row a case; docs/figures.md';
COMMENT ON VIEW v_links IS 'One row a link between two cases; docs/figures.md';
COMMENT ON VIEW v_marks IS 'One row a mark of a customer, set and perhaps lifted; docs/figures.md';

DO $$
BEGIN
    GRANT SELECT ON v_cases, v_links, v_marks TO bihuan_figures;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
    RAISE NOTICE 'no role bihuan_figures: %', SQLERRM;
END;
$$;
