DROP INDEX usage_reasons_by_minute;
DROP INDEX usage_reasons_by_connection;
DROP INDEX usage_minutes_by_minute;
DROP INDEX usage_minutes_by_connection;
DROP TABLE connection_uses;
