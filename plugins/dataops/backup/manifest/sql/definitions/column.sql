-- What is each column of a table or view? A dump keeps no column order of an inheriting table, so neither does this,
-- nor pg_attver among its options: a position in the WAL, which the server keeps there for itself (since 15.20).
SELECT 'pg_class'::regclass AS classid, c.oid AS objid, a.attnum::int AS objsubid, c.oid AS relid,
    jsonb_build_object(
        'position', CASE WHEN c.relispartition OR NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)
                         THEN row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum) END,
        'local', CASE WHEN NOT c.relispartition THEN a.attislocal END,
        'type', format_type(a.atttypid, a.atttypmod),
        'collation', (SELECT l.oid::regcollation FROM pg_collation AS l JOIN pg_type AS t ON t.oid = a.atttypid
                      WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation),
        'not_null', a.attnotnull,
        'default', pg_get_expr(d.adbin, d.adrelid),
        'identity', a.attidentity,
        'generated', a.attgenerated,
        'storage', CASE WHEN c.relkind IN ('r', 'p', 'm') THEN a.attstorage END,
        'compression', to_jsonb(a) -> 'attcompression',
        'statistics', nullif((to_jsonb(a) ->> 'attstattarget')::int, -1),
        'options', (SELECT jsonb_agg(o ORDER BY o COLLATE "C") FROM unnest(a.attoptions) AS o
                    WHERE o NOT LIKE 'pg\_attver=%'),
        'fdw_options', to_jsonb(a.attfdwoptions)
    ) AS facts
FROM pg_class AS c
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.relpersistence <> 't' AND c.relnamespace IN (TABLE ours)
