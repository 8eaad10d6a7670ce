-- Which databases of this server hold data of users? Not the templates, not what initdb or AWS put there.
SELECT datname
FROM pg_catalog.pg_database
WHERE datallowconn
  AND NOT datistemplate
  AND datname NOT IN ('postgres', 'rdsadmin')
ORDER BY datname
