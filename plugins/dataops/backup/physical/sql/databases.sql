-- Which databases does this server have, and may one look into them? template0 holds nothing, by its definition;
-- what an interrupted DROP DATABASE left (limit -2) nobody can look into, and it is nobody's any more.
SELECT datname, datallowconn
FROM pg_catalog.pg_database
WHERE datname <> 'template0'
  AND datconnlimit <> -2
ORDER BY datname
