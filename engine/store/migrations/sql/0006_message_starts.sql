-- Instances that a message with a correlation key started: process id and key. One at a time.
ALTER TABLE instances ADD COLUMN start_key varchar;
CREATE UNIQUE INDEX uq_instances_start_key ON instances (start_key)
    WHERE start_key IS NOT NULL AND status = 'active';

-- Messages that wait until such an instance has ended.
ALTER TABLE messages ADD COLUMN start_key varchar;
CREATE INDEX ix_messages_start_key ON messages (start_key, published_at, key)
    WHERE start_key IS NOT NULL AND NOT taken;
