-- What comes in by mail and message, and the files that come with it (docs/channels.md).
CREATE TABLE received (
    source VARCHAR NOT NULL,
    ref VARCHAR NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    case_id BIGINT,
    what VARCHAR NOT NULL,
    CONSTRAINT pk_received PRIMARY KEY (source, ref)
);

CREATE TABLE attachments (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    media_type VARCHAR NOT NULL,
    size INTEGER NOT NULL,
    content BYTEA NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by VARCHAR NOT NULL,
    CONSTRAINT pk_attachments PRIMARY KEY (key)
);

CREATE INDEX ix_attachments_case_id ON attachments (case_id);
