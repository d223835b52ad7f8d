DROP TABLE metadata_changes;
