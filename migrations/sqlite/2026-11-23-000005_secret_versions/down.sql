-- Without the column nothing would say that these have been replaced.
DELETE FROM secret_values WHERE valid_until IS NOT NULL;
ALTER TABLE secret_values DROP COLUMN valid_until;
DROP TABLE secret_uses;
ALTER TABLE secrets DROP COLUMN previous_until;
ALTER TABLE secrets DROP COLUMN previous_version;
ALTER TABLE secrets DROP COLUMN expires_at;
