-- User tasks with listeners: what they hear of now, and what one of them last denied.
ALTER TABLE user_tasks ADD COLUMN listened boolean NOT NULL DEFAULT false;
ALTER TABLE user_tasks ADD COLUMN moving jsonb;
ALTER TABLE user_tasks ADD COLUMN denied jsonb;
