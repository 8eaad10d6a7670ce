-- Which materialized views are there, and are they filled?
SELECT format('%I.%I', n.nspname, c.relname), c.relispopulated
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'm'
ORDER BY 1
