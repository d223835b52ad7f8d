DROP TABLE encryption_check;
DROP TABLE subject_keys;
DROP TABLE log_head;
DROP TABLE events;
