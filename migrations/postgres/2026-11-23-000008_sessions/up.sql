-- Browsers that are signed in. Not a read model: a session is no fact of the record, and ends by being removed.
CREATE TABLE sessions (
    id         TEXT   NOT NULL PRIMARY KEY, -- SHA-256 of the admin token's digest and the cookie's value, in hex
    actor      TEXT   NOT NULL,
    created_at BIGINT NOT NULL,             -- microseconds since 1970
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE INDEX sessions_by_start ON sessions (created_at);
