-- HTTP Request Tasks, and the task as a dimension of what is counted.
CREATE TABLE tasks (
    key         TEXT   NOT NULL PRIMARY KEY,
    version     BIGINT NOT NULL,
    endpoint    TEXT,
    connection  TEXT,
    certificate TEXT,            -- Keys of the secrets that it uses, copies for finding tasks
    password    TEXT,
    definition  TEXT   NOT NULL, -- JSON
    search      TEXT   NOT NULL, -- what people typed and the log knows, in lower case
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX tasks_by_endpoint ON tasks (endpoint);
CREATE INDEX tasks_by_connection ON tasks (connection);
CREATE INDEX tasks_by_certificate ON tasks (certificate);
CREATE INDEX tasks_by_password ON tasks (password);

-- Not a read model: what is deliberately not in the log.
CREATE TABLE task_values (
    task    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    sealed  BYTEA   NOT NULL,
    PRIMARY KEY (task, version)
);

ALTER TABLE exchanges ADD COLUMN task TEXT;
CREATE INDEX exchanges_by_task ON exchanges (task, position);
ALTER TABLE auth_failures ADD COLUMN task TEXT;
CREATE INDEX auth_failures_by_task ON auth_failures (task, position);

-- An empty connection stands for Auth Type none, an empty task for a request that was no run of one.
ALTER TABLE usage_minutes RENAME TO usage_minutes_of_connections;
CREATE TABLE usage_minutes (
    connection         TEXT   NOT NULL,
    task               TEXT   NOT NULL,
    minute             BIGINT NOT NULL, -- minutes since 1970-01-01T00:00:00Z
    requests           BIGINT NOT NULL,
    succeeded          BIGINT NOT NULL,
    auth_failures      BIGINT NOT NULL,
    transport_failures BIGINT NOT NULL,
    unknown            BIGINT NOT NULL,
    token_requests     BIGINT NOT NULL,
    cache_hits         BIGINT NOT NULL,
    retries            BIGINT NOT NULL,
    latency            BYTEA   NOT NULL, -- HdrHistogram V2, microseconds
    CONSTRAINT usage_minutes_key PRIMARY KEY (connection, task, minute)
);
INSERT INTO usage_minutes
SELECT connection, '', minute, requests, succeeded, auth_failures, transport_failures, unknown, token_requests, cache_hits,
    retries, latency
FROM usage_minutes_of_connections;
DROP TABLE usage_minutes_of_connections;
CREATE INDEX usage_minutes_by_task ON usage_minutes (task, minute);

ALTER TABLE usage_reasons RENAME TO usage_reasons_of_connections;
CREATE TABLE usage_reasons (
    connection TEXT   NOT NULL,
    task       TEXT   NOT NULL,
    minute     BIGINT NOT NULL,
    reason     TEXT   NOT NULL,
    failures   BIGINT NOT NULL,
    CONSTRAINT usage_reasons_key PRIMARY KEY (connection, task, minute, reason)
);
INSERT INTO usage_reasons
SELECT connection, '', minute, reason, failures FROM usage_reasons_of_connections;
DROP TABLE usage_reasons_of_connections;
CREATE INDEX usage_reasons_by_task ON usage_reasons (task, minute);
