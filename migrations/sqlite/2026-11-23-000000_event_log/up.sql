-- The log. `record` holds the exact bytes that are hashed into the tree (docs/event-format.md); the other columns are
-- copies of parts of it, for finding events.
CREATE TABLE events (
    position       INTEGER NOT NULL PRIMARY KEY,
    stream         TEXT   NOT NULL,
    version        BIGINT NOT NULL,
    type           TEXT   NOT NULL,
    recorded_at    BIGINT NOT NULL, -- microseconds since 1970-01-01T00:00:00Z
    correlation_id BLOB   NOT NULL, -- UUID, 16 bytes
    record         BLOB   NOT NULL,
    leaf_hash      BLOB   NOT NULL, -- SHA-256(0x00 || record)
    UNIQUE (stream, version)
);
CREATE INDEX events_by_type ON events (type, position);
CREATE INDEX events_by_time ON events (recorded_at);
CREATE INDEX events_by_correlation ON events (correlation_id, position);

-- INSERT OR REPLACE would remove a row without asking the triggers below (they see it only with recursive_triggers on).
CREATE TRIGGER events_are_never_replaced BEFORE INSERT ON events
WHEN EXISTS (SELECT 1 FROM events WHERE position = NEW.position OR (stream = NEW.stream AND version = NEW.version))
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;
CREATE TRIGGER events_are_never_updated BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'the event log is append-only');
END;

-- One row: the tree's size, root and frontier. Every append locks and updates it in the events' own transaction, which
-- makes positions gapless and commit-ordered.
CREATE TABLE log_head (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    size     BIGINT  NOT NULL CHECK (size >= 0),
    root     BLOB    NOT NULL,
    frontier BLOB    NOT NULL -- roots of the perfect subtrees, largest first, 32 bytes each
);
-- The root of the empty tree is SHA-256 of nothing (RFC 9162 section 2.1.1).
INSERT INTO log_head (id, size, root, frontier)
VALUES (1, 0, X'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', X'');

-- Keys that seal the personal fields of one subject. Destroying a row erases that subject; the log still verifies.
CREATE TABLE subject_keys (
    subject TEXT NOT NULL PRIMARY KEY,
    sealed  BLOB NOT NULL
);

-- A known value sealed with the encryption key: a wrong key is noticed at start, before anything is written.
CREATE TABLE encryption_check (
    id     INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sealed BLOB    NOT NULL
);
