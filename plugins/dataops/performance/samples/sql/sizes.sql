-- How large is everything on this server?
SELECT 'database' AS kind, datname::text AS name, pg_database_size(oid) AS bytes
FROM pg_database
WHERE datallowconn
UNION ALL
SELECT 'tablespace', spcname::text, pg_tablespace_size(oid)
FROM pg_tablespace
WHERE spcname NOT IN ('pg_default', 'pg_global')
UNION ALL
SELECT 'wal', 'pg_wal', (SELECT sum(size)::bigint FROM pg_ls_waldir())
