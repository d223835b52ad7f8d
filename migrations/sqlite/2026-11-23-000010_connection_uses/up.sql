-- Read model: when a connection authorised a request last. Can be rebuilt from the log.
CREATE TABLE connection_uses (
    connection   TEXT   NOT NULL PRIMARY KEY,
    last_used_at BIGINT NOT NULL -- microseconds since 1970
);
INSERT INTO connection_uses
SELECT connection, max(ended_at)
FROM exchanges
WHERE connection IS NOT NULL
  AND end_type = 'exchange.completed.v1'
  AND json_extract(end_payload, '$.token') IS NOT NULL
  AND json_extract(end_payload, '$.auth_failure') IS NULL
GROUP BY connection;

-- A range of time is found without reading a connection's, or everybody's, whole past.
CREATE INDEX usage_minutes_by_connection ON usage_minutes (connection, minute);
CREATE INDEX usage_minutes_by_minute ON usage_minutes (minute);
CREATE INDEX usage_reasons_by_connection ON usage_reasons (connection, minute);
CREATE INDEX usage_reasons_by_minute ON usage_reasons (minute);
