-- Read models: how each connection stands, and the tests of connections. Both can be rebuilt from the log.
CREATE TABLE connection_states (
    key         TEXT   NOT NULL PRIMARY KEY,
    position    BIGINT NOT NULL, -- of the last event that concerned it
    secret      TEXT   NOT NULL, -- this and the next two are copies that rows are found by
    state       TEXT   NOT NULL, -- by the time of that event
    turns_at    BIGINT NOT NULL, -- when DEGRADED becomes FAILING by itself; the largest number for never
    standing    TEXT   NOT NULL  -- JSON
);
CREATE INDEX connection_states_by_secret ON connection_states (secret);

CREATE TABLE connection_tests (
    id           TEXT   NOT NULL PRIMARY KEY,
    position     BIGINT NOT NULL UNIQUE, -- of connection_test.started
    connection   TEXT,                   -- null for a draft
    started_at   BIGINT NOT NULL,
    started      TEXT   NOT NULL,        -- JSON payload
    end_position BIGINT,
    ended_at     BIGINT,
    tested       TEXT                    -- JSON payload; null when nobody knows how it ended
);
CREATE INDEX connection_tests_by_connection ON connection_tests (connection, end_position);
CREATE INDEX connection_tests_without_end ON connection_tests (position) WHERE end_position IS NULL;
