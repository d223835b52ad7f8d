DROP TABLE sealed_answers;
