-- Inherits later, in another order.
CREATE TABLE p (a int, b text CONSTRAINT same CHECK (b <> ''));
CREATE TABLE c (b text CONSTRAINT same CHECK (b <> ''), x int, a int);
ALTER TABLE c INHERIT p;
INSERT INTO c VALUES ('b', 1, 2);
