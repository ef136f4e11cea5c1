-- Who saw or changed what besides the cases' own history; tries that are counted for all web
-- processes together; mails that could not be dealt with yet.

CREATE TABLE audit (
    key bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    actor varchar NOT NULL,
    kind varchar NOT NULL,
    subject varchar NOT NULL,
    case_id bigint,
    data jsonb DEFAULT '{}' NOT NULL,
    hour timestamp with time zone,
    CONSTRAINT pk_audit PRIMARY KEY (key)
);
CREATE INDEX ix_audit_at ON audit (at, key);
CREATE INDEX ix_audit_subject ON audit (subject, at);
CREATE UNIQUE INDEX uq_audit_look ON audit (case_id, actor, hour, kind) WHERE hour IS NOT NULL;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_is_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX ix_customer_log_at ON customer_log (at);

-- Not logged: after a crash counting begins anew.
CREATE UNLOGGED TABLE attempts (
    key varchar(64) NOT NULL,
    count integer NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT pk_attempts PRIMARY KEY (key)
);
CREATE INDEX ix_attempts_until ON attempts (until);

CREATE TABLE mail_failures (
    ref varchar NOT NULL,
    tries smallint NOT NULL,
    since timestamp with time zone NOT NULL,
    again_at timestamp with time zone NOT NULL,
    reason text DEFAULT '' NOT NULL,
    CONSTRAINT pk_mail_failures PRIMARY KEY (ref)
);
