-- How wide are the entries of btrees of a megabyte or more that hold plain columns?
SELECT
    c.oid::bigint                                           AS oid,
    a.attlen::bigint                                        AS length,
    a.attalign::text                                        AS alignment,
    s.avg_width::float8                                     AS width,
    s.null_frac::float8                                     AS nulls,
    c.reltuples::float8                                     AS entries,
    coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions)
               WHERE option_name = 'fillfactor'), 90)::bigint AS fillfactor
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am am ON am.oid = c.relam
CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = t.relname AND s.attname = a.attname
    AND NOT s.inherited
WHERE c.relkind = 'i'
  AND am.amname = 'btree'
  AND i.indexprs IS NULL
  AND c.relpersistence <> 't'
  AND c.reltuples > 0
  AND c.relpages::bigint * current_setting('block_size')::bigint >= 1048576
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY c.oid, k.place
