CREATE SEQUENCE deployment_numbers;

CREATE SEQUENCE keys INCREMENT BY 1000 START WITH 1000;

CREATE TABLE customers (
    key BIGINT NOT NULL,
    ref VARCHAR NOT NULL,
    name VARCHAR DEFAULT '' NOT NULL,
    level VARCHAR,
    data JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_customers PRIMARY KEY (key),
    CONSTRAINT uq_customers_ref UNIQUE (ref)
);

CREATE TABLE deployments (
    key BIGINT NOT NULL,
    number INTEGER NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    by VARCHAR NOT NULL,
    CONSTRAINT pk_deployments PRIMARY KEY (key),
    CONSTRAINT uq_deployments_number UNIQUE (number)
);

CREATE TABLE groups (
    id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    CONSTRAINT pk_groups PRIMARY KEY (id)
);

CREATE TABLE history (
    case_id BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    instance_key BIGINT NOT NULL,
    actor VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    element_id VARCHAR,
    token VARCHAR(32),
    data JSON NOT NULL,
    hash BYTEA NOT NULL,
    CONSTRAINT pk_history PRIMARY KEY (case_id, seq, at)
)
 PARTITION BY RANGE (at);

CREATE TABLE incidents (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    instance_key BIGINT NOT NULL,
    token VARCHAR(32) NOT NULL,
    element_id VARCHAR NOT NULL,
    job_key BIGINT,
    kind VARCHAR NOT NULL,
    zh TEXT NOT NULL,
    en TEXT NOT NULL,
    data JSONB DEFAULT '{}' NOT NULL,
    state VARCHAR NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    resolved_at TIMESTAMP WITH TIME ZONE,
    resolved_by VARCHAR,
    CONSTRAINT pk_incidents PRIMARY KEY (key)
);

CREATE INDEX ix_incidents_case_id ON incidents (case_id);

CREATE INDEX ix_incidents_open ON incidents (instance_key, token) WHERE state = 'open';

CREATE INDEX ix_incidents_raised_at ON incidents (raised_at) WHERE state = 'open';

CREATE TABLE jobs (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    instance_key BIGINT NOT NULL,
    token VARCHAR(32) NOT NULL,
    element_id VARCHAR NOT NULL,
    type VARCHAR NOT NULL,
    listener VARCHAR,
    state VARCHAR NOT NULL,
    retries INTEGER NOT NULL,
    retries_given INTEGER NOT NULL,
    headers JSONB NOT NULL,
    variables JSONB NOT NULL,
    worker VARCHAR,
    deadline TIMESTAMP WITH TIME ZONE,
    retry_at TIMESTAMP WITH TIME ZONE,
    error TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_jobs PRIMARY KEY (key)
);

CREATE INDEX ix_jobs_case_id ON jobs (case_id);

CREATE INDEX ix_jobs_leases ON jobs (deadline) WHERE state = 'activated';

CREATE INDEX ix_jobs_open ON jobs (type, key) WHERE state IN ('created', 'activated', 'failed') AND retries > 0;

CREATE INDEX ix_jobs_token ON jobs (instance_key, token) WHERE state IN ('created', 'activated', 'failed');

CREATE TABLE messages (
    key BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    correlation_key VARCHAR NOT NULL,
    message_id VARCHAR,
    variables JSONB NOT NULL,
    kind VARCHAR DEFAULT 'message' NOT NULL,
    pending BOOLEAN DEFAULT 'false' NOT NULL,
    thrown_by BIGINT,
    taken BOOLEAN DEFAULT 'false' NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_messages PRIMARY KEY (key)
);

CREATE INDEX ix_messages_expires_at ON messages (expires_at);

CREATE INDEX ix_messages_match ON messages (name, correlation_key);

CREATE INDEX ix_messages_published_at ON messages (published_at) WHERE NOT taken;

CREATE UNIQUE INDEX uq_messages_id ON messages (name, correlation_key, message_id) WHERE message_id IS NOT NULL;

CREATE TABLE people (
    login VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    password VARCHAR,
    roles VARCHAR[] DEFAULT '{}' NOT NULL,
    groups VARCHAR[] DEFAULT '{}' NOT NULL,
    unit VARCHAR,
    email VARCHAR,
    active BOOLEAN DEFAULT 'true' NOT NULL,
    session_epoch INTEGER DEFAULT '0' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_people PRIMARY KEY (login)
);

CREATE TABLE subscriptions (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    instance_key BIGINT,
    definition_key BIGINT,
    token VARCHAR(32),
    element_id VARCHAR NOT NULL,
    kind VARCHAR DEFAULT 'message' NOT NULL,
    name VARCHAR NOT NULL,
    correlation_key VARCHAR DEFAULT '' NOT NULL,
    interrupting BOOLEAN DEFAULT 'true' NOT NULL,
    properties JSONB DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_subscriptions PRIMARY KEY (key)
);

CREATE INDEX ix_subscriptions_case_id ON subscriptions (case_id);

CREATE INDEX ix_subscriptions_definition_key ON subscriptions (definition_key);

CREATE INDEX ix_subscriptions_match ON subscriptions (kind, name, correlation_key);

CREATE INDEX ix_subscriptions_token ON subscriptions (instance_key, token);

CREATE TABLE timers (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    instance_key BIGINT,
    definition_key BIGINT,
    token VARCHAR(32),
    element_id VARCHAR NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    repetitions INTEGER,
    CONSTRAINT pk_timers PRIMARY KEY (key)
);

CREATE INDEX ix_timers_definition_key ON timers (definition_key);

CREATE INDEX ix_timers_due_at ON timers (due_at);

CREATE INDEX ix_timers_token ON timers (instance_key, token);

CREATE TABLE user_tasks (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    instance_key BIGINT NOT NULL,
    token VARCHAR(32) NOT NULL,
    definition_key BIGINT NOT NULL,
    element_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    assignee VARCHAR,
    candidate_users VARCHAR[] DEFAULT '{}' NOT NULL,
    candidate_groups VARCHAR[] DEFAULT '{}' NOT NULL,
    candidates VARCHAR[] DEFAULT '{}' NOT NULL,
    priority SMALLINT DEFAULT '50' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    follow_up_at TIMESTAMP WITH TIME ZONE,
    form_key BIGINT,
    draft JSONB,
    ended_by VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    assigned_at TIMESTAMP WITH TIME ZONE,
    started_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_user_tasks PRIMARY KEY (key)
);

CREATE INDEX ix_user_tasks_candidates ON user_tasks USING gin (candidates) WHERE state = 'created' AND assignee IS NULL;

CREATE INDEX ix_user_tasks_case_id ON user_tasks (case_id);

CREATE INDEX ix_user_tasks_done ON user_tasks (ended_by, ended_at) WHERE state = 'completed';

CREATE INDEX ix_user_tasks_mine ON user_tasks (assignee) WHERE state = 'created';

CREATE UNIQUE INDEX uq_user_tasks_open ON user_tasks (instance_key, token) WHERE state = 'created';

CREATE TABLE cases (
    key BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    customer_key BIGINT,
    status VARCHAR NOT NULL,
    title VARCHAR DEFAULT '' NOT NULL,
    data JSONB DEFAULT '{}' NOT NULL,
    search TEXT DEFAULT '' NOT NULL,
    source VARCHAR,
    source_ref VARCHAR,
    sample BOOLEAN DEFAULT 'false' NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_cases PRIMARY KEY (key),
    CONSTRAINT uq_cases_source_source_ref UNIQUE (source, source_ref),
    CONSTRAINT uq_cases_number UNIQUE (number),
    CONSTRAINT fk_cases_customer_key_customers FOREIGN KEY(customer_key) REFERENCES customers (key)
);

CREATE INDEX ix_cases_customer_key ON cases (customer_key);

CREATE INDEX ix_cases_open ON cases (kind, due_at) WHERE closed_at IS NULL;

CREATE INDEX ix_cases_received ON cases (received_at, key);

CREATE INDEX ix_cases_search ON cases USING gin (bigrams(search));

CREATE TABLE resources (
    key BIGINT NOT NULL,
    deployment_key BIGINT NOT NULL,
    name VARCHAR NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT pk_resources PRIMARY KEY (key),
    CONSTRAINT fk_resources_deployment_key_deployments FOREIGN KEY(deployment_key) REFERENCES deployments (key)
);

CREATE INDEX ix_resources_deployment_key ON resources (deployment_key);

CREATE TABLE definitions (
    key BIGINT NOT NULL,
    kind VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    version_tag VARCHAR,
    name VARCHAR DEFAULT '' NOT NULL,
    resource_key BIGINT NOT NULL,
    deployment_key BIGINT NOT NULL,
    CONSTRAINT pk_definitions PRIMARY KEY (key),
    CONSTRAINT uq_definitions_kind_id_version UNIQUE (kind, id, version),
    CONSTRAINT fk_definitions_resource_key_resources FOREIGN KEY(resource_key) REFERENCES resources (key),
    CONSTRAINT fk_definitions_deployment_key_deployments FOREIGN KEY(deployment_key) REFERENCES deployments (key)
);

CREATE INDEX ix_definitions_deployment_key ON definitions (deployment_key);

CREATE TABLE deployment_definitions (
    deployment_key BIGINT NOT NULL,
    definition_key BIGINT NOT NULL,
    CONSTRAINT pk_deployment_definitions PRIMARY KEY (deployment_key, definition_key),
    CONSTRAINT fk_deployment_definitions_deployment_key_deployments FOREIGN KEY(deployment_key) REFERENCES deployments (key),
    CONSTRAINT fk_deployment_definitions_definition_key_definitions FOREIGN KEY(definition_key) REFERENCES definitions (key)
);

CREATE INDEX ix_deployment_definitions_definition_key ON deployment_definitions (definition_key);

CREATE TABLE instances (
    key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    root_key BIGINT NOT NULL,
    parent_key BIGINT,
    parent_token VARCHAR(32),
    depth SMALLINT DEFAULT '0' NOT NULL,
    definition_key BIGINT NOT NULL,
    case_kind VARCHAR,
    status VARCHAR NOT NULL,
    state BYTEA,
    revision INTEGER DEFAULT '0' NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    started_by VARCHAR NOT NULL,
    ended_reason TEXT,
    history_seq BIGINT DEFAULT '0' NOT NULL,
    history_hash BYTEA,
    CONSTRAINT pk_instances PRIMARY KEY (key),
    CONSTRAINT fk_instances_definition_key_definitions FOREIGN KEY(definition_key) REFERENCES definitions (key)
)
 WITH (fillfactor = 70);

CREATE INDEX ix_instances_case_id ON instances (case_id);

CREATE INDEX ix_instances_definition_active ON instances (definition_key) WHERE status = 'active';

CREATE INDEX ix_instances_parent ON instances (parent_key, parent_token);
