-- Which databases of this server may hold data of users? All but what initdb or AWS put there, also those that
-- somebody made a template of or closed to connections; not what an interrupted DROP DATABASE left (limit -2).
SELECT datname
FROM pg_catalog.pg_database
WHERE datname NOT IN ('postgres', 'template0', 'template1', 'rdsadmin')
  AND datconnlimit <> -2
ORDER BY datname
