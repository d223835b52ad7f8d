DROP INDEX events_by_actor_type;
DROP INDEX events_by_actor;
DROP TRIGGER events_are_never_updated;
ALTER TABLE events DROP COLUMN actor_id;
ALTER TABLE events DROP COLUMN actor_type;
CREATE TRIGGER events_are_never_updated BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;
