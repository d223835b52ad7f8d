DROP TABLE sealed_tokens;
