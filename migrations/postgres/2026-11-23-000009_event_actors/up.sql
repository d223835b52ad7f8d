-- Events are also found by who caused them. Two more copies of parts of the record, as the other columns are: no byte of
-- the log itself changes, and `replay --check` compares them.
ALTER TABLE events ADD COLUMN actor_type TEXT NOT NULL DEFAULT '';
ALTER TABLE events ADD COLUMN actor_id   TEXT NOT NULL DEFAULT '';

-- The one time that rows are changed, within this transaction: to fill what did not exist when they were written.
ALTER TABLE events DISABLE TRIGGER events_are_never_changed;
UPDATE events SET
    actor_type = convert_from(record, 'UTF8')::jsonb #>> '{actor,type}',
    actor_id   = convert_from(record, 'UTF8')::jsonb #>> '{actor,id}';
ALTER TABLE events ENABLE TRIGGER events_are_never_changed;

-- The type comes before the position, so that actor and type together are found without reading events of another type.
CREATE INDEX events_by_actor ON events (actor_id, type, position);
CREATE INDEX events_by_actor_type ON events (actor_type, type, position);
