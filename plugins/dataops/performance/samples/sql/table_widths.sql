-- How wide are the rows of tables of a megabyte or more? Columns whose statistics the role may not read have no width.
SELECT
    c.oid::bigint                                           AS oid,
    a.attlen::bigint                                        AS length,
    a.attalign::text                                        AS alignment,
    s.avg_width::float8                                     AS width,
    s.null_frac::float8                                     AS nulls,
    c.reltuples::float8                                     AS entries,
    coalesce((SELECT option_value::int FROM pg_options_to_table(c.reloptions)
               WHERE option_name = 'fillfactor'), 100)::bigint AS fillfactor
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
    AND NOT s.inherited
WHERE c.relkind IN ('r', 'm')
  AND c.relpersistence <> 't'
  AND c.reltuples > 0
  AND c.relpages::bigint * current_setting('block_size')::bigint >= 1048576
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
ORDER BY c.oid, a.attnum
