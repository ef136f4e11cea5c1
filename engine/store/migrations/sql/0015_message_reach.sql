-- Which processes a message has reached, once each, and when it was published or given last.
ALTER TABLE messages ADD COLUMN reached text[] NOT NULL DEFAULT '{}';
ALTER TABLE messages ADD COLUMN offered_at timestamptz;
UPDATE messages SET offered_at = published_at;
ALTER TABLE messages ALTER COLUMN offered_at SET NOT NULL;
DROP INDEX ix_messages_published_at;
CREATE INDEX ix_messages_offered_at ON messages (offered_at) WHERE NOT taken;
