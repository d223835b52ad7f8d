DROP INDEX events_by_actor_type;
DROP INDEX events_by_actor;
ALTER TABLE events DROP COLUMN actor_id;
ALTER TABLE events DROP COLUMN actor_type;
