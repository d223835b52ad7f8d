-- Read models: all of them can be rebuilt from the log (`latchkey replay --check` compares). They move in the
-- transaction of the append that they follow.
CREATE TABLE connections (
    key        TEXT    NOT NULL PRIMARY KEY,
    version    BIGINT  NOT NULL,
    enabled    BOOLEAN NOT NULL,
    secret     TEXT    NOT NULL,
    definition TEXT    NOT NULL, -- JSON
    search     TEXT    NOT NULL, -- what people typed, in lower case: LIKE folds ASCII on SQLite and nothing on PostgreSQL
    created_at BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    updated_by TEXT    NOT NULL  -- JSON {type, id}
);
CREATE INDEX connections_by_secret ON connections (secret);

CREATE TABLE secrets (
    key          TEXT   NOT NULL PRIMARY KEY,
    version      BIGINT NOT NULL,
    display_name TEXT   NOT NULL,
    provider     TEXT   NOT NULL,
    fingerprint  TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    rotated_at   BIGINT
);

CREATE TABLE exchanges (
    id           TEXT   NOT NULL PRIMARY KEY,
    position     BIGINT NOT NULL UNIQUE, -- of exchange.started
    connection   TEXT,
    started_at   BIGINT NOT NULL,
    started      TEXT   NOT NULL,        -- JSON payload
    end_position BIGINT,
    ended_at     BIGINT,
    end_type     TEXT,
    end_payload  TEXT                    -- JSON payload
);
CREATE INDEX exchanges_by_connection ON exchanges (connection, position);
CREATE INDEX exchanges_without_end ON exchanges (position) WHERE end_position IS NULL;

CREATE TABLE auth_failures (
    position    BIGINT NOT NULL PRIMARY KEY,
    connection  TEXT   NOT NULL,
    exchange    TEXT,
    occurred_at BIGINT NOT NULL,
    phase       TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    trace_id    TEXT,
    failure     TEXT   NOT NULL -- JSON
);
CREATE INDEX auth_failures_by_connection ON auth_failures (connection, position);

CREATE TABLE usage_minutes (
    connection         TEXT   NOT NULL,
    minute             BIGINT NOT NULL, -- minutes since 1970-01-01T00:00:00Z
    requests           BIGINT NOT NULL,
    succeeded          BIGINT NOT NULL,
    auth_failures      BIGINT NOT NULL,
    transport_failures BIGINT NOT NULL,
    unknown            BIGINT NOT NULL,
    token_requests     BIGINT NOT NULL,
    cache_hits         BIGINT NOT NULL,
    retries            BIGINT NOT NULL,
    latency            BYTEA  NOT NULL, -- HdrHistogram V2, microseconds
    PRIMARY KEY (connection, minute)
);

CREATE TABLE usage_reasons (
    connection TEXT   NOT NULL,
    minute     BIGINT NOT NULL,
    reason     TEXT   NOT NULL,
    failures   BIGINT NOT NULL,
    PRIMARY KEY (connection, minute, reason)
);

-- Not read models: values that are deliberately not in the log.
CREATE TABLE secret_values (
    secret  TEXT   NOT NULL,
    version BIGINT NOT NULL,
    sealed  BYTEA  NOT NULL,
    PRIMARY KEY (secret, version)
);

-- What a mutation with this idempotency key did, so that a lost reply can be asked for again.
CREATE TABLE idempotency_keys (
    fingerprint TEXT NOT NULL PRIMARY KEY, -- keyed, over actor, operation and key
    input       TEXT NOT NULL,             -- keyed fingerprint of the input
    stream      TEXT NOT NULL
);
