-- Column added to the parent later.
CREATE TABLE p (a int);
CREATE TABLE c (b int) INHERITS (p);
ALTER TABLE p ADD z text NOT NULL DEFAULT 'x';
INSERT INTO c VALUES (1, 2, 'y'), (3, 4, 'w');
