-- Which tables have pages of the heap's own format?
SELECT c.oid::regclass::text, c.oid::bigint, pg_relation_size(c.oid)
FROM pg_class AS c
JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'heap'
WHERE c.relkind IN ('r', 't', 'm') AND c.relpersistence <> 't' AND (%(shared)s OR NOT c.relisshared)
    AND pg_relation_size(c.oid) > 0
ORDER BY 1
