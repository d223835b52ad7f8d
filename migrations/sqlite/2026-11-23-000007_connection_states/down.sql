DROP TABLE connection_tests;
DROP TABLE connection_states;
