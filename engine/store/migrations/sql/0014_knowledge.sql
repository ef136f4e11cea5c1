-- The knowledge base (docs/knowledge.md).
CREATE TABLE articles (
    key BIGINT NOT NULL,
    id VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    title VARCHAR NOT NULL,
    summary VARCHAR NOT NULL,
    categories VARCHAR[] NOT NULL,
    content JSONB NOT NULL,
    search TSVECTOR NOT NULL,
    from_file BOOLEAN NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_by VARCHAR NOT NULL,
    retired_at TIMESTAMP WITH TIME ZONE,
    retired_by VARCHAR,
    offered JSONB,
    offered_at TIMESTAMP WITH TIME ZONE,
    offered_by VARCHAR,
    CONSTRAINT pk_articles PRIMARY KEY (key),
    CONSTRAINT uq_articles_id UNIQUE (id)
);

CREATE INDEX ix_articles_search ON articles USING gin (search);

CREATE TABLE article_versions (
    article_key BIGINT NOT NULL,
    version INTEGER NOT NULL,
    content JSONB NOT NULL,
    from_file BOOLEAN NOT NULL,
    restored INTEGER,
    why TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    made_by VARCHAR NOT NULL,
    CONSTRAINT pk_article_versions PRIMARY KEY (article_key, version),
    CONSTRAINT fk_article_versions_article_key_articles FOREIGN KEY (article_key) REFERENCES articles (key)
);

CREATE TABLE article_uses (
    article_key BIGINT NOT NULL,
    case_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_by VARCHAR NOT NULL,
    CONSTRAINT pk_article_uses PRIMARY KEY (article_key, case_id),
    CONSTRAINT fk_article_uses_article_key_articles FOREIGN KEY (article_key) REFERENCES articles (key)
);

CREATE INDEX ix_article_uses_case_id ON article_uses (case_id);

CREATE TABLE article_votes (
    article_key BIGINT NOT NULL,
    login VARCHAR NOT NULL,
    helpful BOOLEAN NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    given_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_article_votes PRIMARY KEY (article_key, login),
    CONSTRAINT fk_article_votes_article_key_articles FOREIGN KEY (article_key) REFERENCES articles (key)
);
