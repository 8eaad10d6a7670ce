-- Partition attached in another order.
CREATE TABLE p (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE c (gone int, b text DEFAULT 'own', a int NOT NULL CHECK (a > 0));
ALTER TABLE c DROP gone;
INSERT INTO c VALUES ('x', 1);
ALTER TABLE p ATTACH PARTITION c FOR VALUES FROM (1) TO (9);
