-- Was the database recorded at another version of its collation than this server has?
SELECT 'of the database', datcollversion, pg_database_collation_actual_version(oid)
FROM pg_database
WHERE datname = current_database()
    AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)
