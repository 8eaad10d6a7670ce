-- Of which tables does a map say which pages every transaction sees whole? Only scans of an index alone trust it.
SELECT c.oid::regclass::text, c.oid::bigint, pg_relation_size(c.oid)
FROM pg_class AS c
JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'heap'
WHERE c.relkind IN ('r', 't', 'm') AND c.relpersistence <> 't' AND (%(shared)s OR NOT c.relisshared)
    AND pg_relation_size(c.oid) > 0 AND pg_relation_size(c.oid, 'vm') > 0
    AND EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid)
ORDER BY 1
