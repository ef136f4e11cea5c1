-- A notice of a topic takes the place of what somebody has not read of the topic before.
ALTER TABLE notices ADD COLUMN topic varchar NOT NULL DEFAULT '';
CREATE INDEX ix_notices_topic ON notices (topic, key) WHERE topic <> '';

ALTER TABLE notice_people ADD COLUMN replaced_by bigint;
DROP INDEX ix_notice_people_unread;
CREATE INDEX ix_notice_people_unread ON notice_people (login)
    WHERE read_at IS NULL AND replaced_by IS NULL;
