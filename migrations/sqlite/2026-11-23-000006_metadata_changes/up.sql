-- A read model: connections whose issuer says something else than what is pinned, until a person has answered or the
-- issuer says again what it said.
CREATE TABLE metadata_changes (
    connection  TEXT   NOT NULL PRIMARY KEY,
    position    BIGINT NOT NULL, -- of connection.metadata_changed
    detected_at BIGINT NOT NULL,
    change      TEXT   NOT NULL  -- JSON payload
);
