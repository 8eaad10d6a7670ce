-- Functions of every kind.
CREATE TYPE r AS (a int, b text);
CREATE FUNCTION f1(a int, b text DEFAULT 'x''y', VARIADIC c int[] DEFAULT '{}') RETURNS SETOF r LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 7 ROWS 8 SET search_path = pg_catalog, pg_temp AS $$ SELECT 1, 'a' $$;
CREATE FUNCTION f2(OUT a int, INOUT b text) LANGUAGE plpgsql SECURITY DEFINER LEAKPROOF AS $x$ BEGIN a := 1;
END $x$;
CREATE TABLE t (a int);
CREATE VIEW v AS SELECT a FROM t;
CREATE FUNCTION f3(x int) RETURNS TABLE (a int) BEGIN ATOMIC SELECT a FROM v WHERE a = x;
END;
CREATE PROCEDURE p1(INOUT a int) LANGUAGE plpgsql AS 'BEGIN COMMIT;
END';
CREATE AGGREGATE g(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE TABLE d (a int DEFAULT length('x'), b text GENERATED ALWAYS AS (md5('y')) STORED);
