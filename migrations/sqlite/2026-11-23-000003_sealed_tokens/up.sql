-- Access tokens that outlive a restart. Not a read model: tokens are deliberately not in the log.
CREATE TABLE sealed_tokens (
    id          TEXT   NOT NULL PRIMARY KEY, -- keyed fingerprint of everything that changes the token
    connection  TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,             -- keyed, of the token
    expires_at  BIGINT NOT NULL,             -- microseconds since 1970
    sealed      BLOB   NOT NULL
);
CREATE INDEX sealed_tokens_by_connection ON sealed_tokens (connection);
CREATE INDEX sealed_tokens_by_end ON sealed_tokens (expires_at);
