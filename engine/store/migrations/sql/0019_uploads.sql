-- Files that people add, before and after the form they belong to is sent; text messages that
-- went out, and what the gateway says became of them (docs/channels.md).
ALTER TABLE attachments ALTER COLUMN case_id DROP NOT NULL;
ALTER TABLE attachments ADD COLUMN stage VARCHAR;
ALTER TABLE attachments ADD COLUMN sha256 VARCHAR;
-- Not compressed: a part is read without the whole.
ALTER TABLE attachments ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX ix_attachments_stage ON attachments (stage) WHERE stage IS NOT NULL;

CREATE TABLE texts_out (
    id VARCHAR NOT NULL,
    case_id BIGINT,
    number VARCHAR,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    reported_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_texts_out PRIMARY KEY (id)
);

CREATE INDEX ix_texts_out_case_id ON texts_out (case_id);
CREATE INDEX ix_texts_out_number ON texts_out (number, at);
