-- No PL/pgSQL.
DROP EXTENSION plpgsql;
