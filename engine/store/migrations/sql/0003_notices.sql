-- Notices (待阅): one row a notice, one row a person it went to.
CREATE TABLE notices (
    key bigint NOT NULL,
    case_id bigint NOT NULL,
    series varchar NOT NULL DEFAULT '',
    title varchar NOT NULL,
    text text NOT NULL DEFAULT '',
    tables jsonb NOT NULL DEFAULT '[]',
    sent_at timestamptz NOT NULL,
    sent_by varchar NOT NULL,
    CONSTRAINT pk_notices PRIMARY KEY (key)
);
CREATE INDEX ix_notices_series ON notices (series, key) WHERE series <> '';
CREATE INDEX ix_notices_case_id ON notices (case_id);

CREATE TABLE notice_people (
    notice_key bigint NOT NULL,
    login varchar NOT NULL,
    read_at timestamptz,
    CONSTRAINT pk_notice_people PRIMARY KEY (login, notice_key),
    CONSTRAINT fk_notice_people_notice_key_notices FOREIGN KEY (notice_key) REFERENCES notices (key)
);
CREATE INDEX ix_notice_people_notice_key ON notice_people (notice_key);
CREATE INDEX ix_notice_people_unread ON notice_people (login) WHERE read_at IS NULL;
