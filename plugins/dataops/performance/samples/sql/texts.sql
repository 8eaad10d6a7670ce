-- What do these statements say?
SELECT DISTINCT ON (queryid) queryid AS queryid, left(query, {length}) AS text
FROM {schema}.pg_stat_statements(true)
WHERE queryid = ANY ({queryids})
  AND dbid = (SELECT oid FROM pg_database WHERE datname = {dbname})
ORDER BY queryid
