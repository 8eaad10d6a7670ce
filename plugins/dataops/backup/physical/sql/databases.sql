-- Which databases does this server have that can be looked into?
SELECT datname
FROM pg_catalog.pg_database
WHERE datallowconn
ORDER BY datname
