ALTER TABLE usage_reasons RENAME TO usage_reasons_of_tasks;
CREATE TABLE usage_reasons (
    connection TEXT   NOT NULL,
    minute     BIGINT NOT NULL,
    reason     TEXT   NOT NULL,
    failures   BIGINT NOT NULL,
    PRIMARY KEY (connection, minute, reason)
);
INSERT INTO usage_reasons
SELECT connection, minute, reason, SUM(failures) FROM usage_reasons_of_tasks
WHERE connection <> '' GROUP BY connection, minute, reason;
DROP TABLE usage_reasons_of_tasks;

-- Latencies of several tasks can't be added up in SQL: of the counts of tasks nothing is kept.
ALTER TABLE usage_minutes RENAME TO usage_minutes_of_tasks;
CREATE TABLE usage_minutes (
    connection         TEXT   NOT NULL,
    minute             BIGINT NOT NULL,
    requests           BIGINT NOT NULL,
    succeeded          BIGINT NOT NULL,
    auth_failures      BIGINT NOT NULL,
    transport_failures BIGINT NOT NULL,
    unknown            BIGINT NOT NULL,
    token_requests     BIGINT NOT NULL,
    cache_hits         BIGINT NOT NULL,
    retries            BIGINT NOT NULL,
    latency            BLOB   NOT NULL,
    PRIMARY KEY (connection, minute)
);
INSERT INTO usage_minutes
SELECT connection, minute, requests, succeeded, auth_failures, transport_failures, unknown, token_requests, cache_hits,
    retries, latency
FROM usage_minutes_of_tasks WHERE task = '';
DROP TABLE usage_minutes_of_tasks;

DROP INDEX auth_failures_by_task;
ALTER TABLE auth_failures DROP COLUMN task;
DROP INDEX exchanges_by_task;
ALTER TABLE exchanges DROP COLUMN task;
DROP TABLE task_values;
DROP TABLE tasks;
