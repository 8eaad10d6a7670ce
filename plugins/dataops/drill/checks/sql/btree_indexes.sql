-- Which btree indexes can amcheck look at?
SELECT c.oid::regclass::text, c.oid::bigint, pg_relation_size(c.oid) + pg_relation_size(i.indrelid)
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i' AND c.relpersistence <> 't'
JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'btree'
WHERE i.indisvalid AND i.indisready AND (%(shared)s OR NOT EXISTS (
    SELECT FROM pg_class AS t WHERE t.oid = i.indrelid AND t.relisshared))
ORDER BY 1
