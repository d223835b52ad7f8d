DROP TABLE encryption_check;
DROP TABLE subject_keys;
DROP TABLE log_head;
DROP TABLE events;
DROP FUNCTION refuse_to_change_the_log();
