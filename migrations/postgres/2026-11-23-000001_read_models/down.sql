DROP TABLE idempotency_keys;
DROP TABLE secret_values;
DROP TABLE usage_reasons;
DROP TABLE usage_minutes;
DROP TABLE auth_failures;
DROP TABLE exchanges;
DROP TABLE secrets;
DROP TABLE connections;
