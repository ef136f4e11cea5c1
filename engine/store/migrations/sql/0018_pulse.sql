-- What changed is told to who listens (engine/store/pulse.py), with the commit of the change.
-- The same topic told twice in a transaction arrives once.

CREATE FUNCTION tell_of_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('bihuan', 'case');
    IF NEW.state = 'created' AND NEW.assignee IS NOT NULL THEN
        PERFORM pg_notify('bihuan', 'u:' || left(NEW.assignee, 200));
    ELSIF NEW.state = 'created' THEN
        PERFORM pg_notify('bihuan', left(one, 200)) FROM unnest(NEW.candidates) AS one;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('bihuan', TG_ARGV[0]);
    RETURN NULL;
END $$;

CREATE TRIGGER told AFTER INSERT OR UPDATE OF state, assignee, candidates, due_at ON user_tasks
    FOR EACH ROW EXECUTE FUNCTION tell_of_task();
CREATE TRIGGER told AFTER INSERT OR UPDATE OF status, due_at, closed_at, merged_into ON cases
    FOR EACH ROW EXECUTE FUNCTION tell('case');
CREATE TRIGGER told AFTER INSERT OR UPDATE OF state, due_at, warn_before ON case_clocks
    FOR EACH ROW EXECUTE FUNCTION tell('case');
CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON people
    FOR EACH STATEMENT EXECUTE FUNCTION tell('people');
CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON groups
    FOR EACH STATEMENT EXECUTE FUNCTION tell('people');
