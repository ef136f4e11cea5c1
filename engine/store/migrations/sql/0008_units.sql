-- Groups that are units: what they are part of, where they are, who leads them.
ALTER TABLE groups ADD COLUMN kind varchar;
ALTER TABLE groups ADD COLUMN parent varchar CONSTRAINT fk_groups_parent_groups REFERENCES groups (id);
ALTER TABLE groups ADD COLUMN city varchar;
ALTER TABLE groups ADD COLUMN lead varchar;
ALTER TABLE groups ADD COLUMN deputy varchar;
ALTER TABLE groups ADD COLUMN email varchar;
