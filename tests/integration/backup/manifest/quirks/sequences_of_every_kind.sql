-- Sequences of every kind.
CREATE TABLE t (a smallserial, b bigserial, c int GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 3 CACHE 4));
INSERT INTO t DEFAULT VALUES;
CREATE SEQUENCE s AS smallint INCREMENT -2;
SELECT nextval('s'), setval('t_b_seq', 7, false);
CREATE SEQUENCE o CYCLE MAXVALUE 3 OWNED BY t.a;
CREATE UNLOGGED SEQUENCE u;
CREATE TABLE z (a int DEFAULT nextval('s'));
