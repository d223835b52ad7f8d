-- Not a read model: answers of calls that had an idempotency key, kept for a while for whoever asks again. Status,
-- headers and body are sealed, and never in the log.
CREATE TABLE sealed_answers (
    exchange   TEXT   NOT NULL PRIMARY KEY,
    sealed     BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL -- microseconds since 1970-01-01T00:00:00Z
);
CREATE INDEX sealed_answers_by_expiry ON sealed_answers (expires_at);
