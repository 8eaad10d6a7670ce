-- Partitioned index, partly attached.
CREATE TABLE p (a int) PARTITION BY LIST (a);
CREATE TABLE c PARTITION OF p DEFAULT;
CREATE INDEX only_p ON ONLY p (a);
CREATE INDEX whole ON p (a);
CREATE INDEX alone ON c (a);
