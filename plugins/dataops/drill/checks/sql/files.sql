-- Which relations have files? And which are tables of users?
SELECT c.oid::regclass::text, c.oid::bigint, pg_relation_size(c.oid),
    c.relkind = 'r' AND c.relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
FROM pg_class AS c
WHERE c.relkind IN ('r', 'i', 't', 'm', 'S') AND c.relpersistence <> 't' AND (%(shared)s OR NOT c.relisshared)
    AND pg_relation_size(c.oid) > 0
ORDER BY 1
