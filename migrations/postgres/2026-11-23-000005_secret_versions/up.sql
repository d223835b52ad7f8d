-- Read models: can be rebuilt from the log.
ALTER TABLE secrets ADD COLUMN expires_at BIGINT;       -- microseconds since 1970, as everywhere
ALTER TABLE secrets ADD COLUMN previous_version BIGINT; -- set together with previous_until
ALTER TABLE secrets ADD COLUMN previous_until BIGINT;

-- For which version of its secret a connection got its last token.
CREATE TABLE secret_uses (
    connection TEXT   NOT NULL PRIMARY KEY,
    version    BIGINT NOT NULL
);

-- Not a read model: until when a value that was replaced is still tried. Null for the current one.
ALTER TABLE secret_values ADD COLUMN valid_until BIGINT;
