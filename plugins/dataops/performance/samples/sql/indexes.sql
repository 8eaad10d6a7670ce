-- How is every index used?
SELECT
    i.indexrelid::bigint                                    AS oid,
    c.relfilenode::bigint                                   AS filenode,
    pg_stat_get_numscans(i.indexrelid)                      AS scans,
    pg_stat_get_tuples_returned(i.indexrelid)               AS rows_read,
    pg_stat_get_tuples_fetched(i.indexrelid)                AS rows_fetched,
    pg_stat_get_blocks_fetched(i.indexrelid) - pg_stat_get_blocks_hit(i.indexrelid) AS blocks_read,
    pg_stat_get_blocks_hit(i.indexrelid)                    AS blocks_hit,
    pg_stat_get_lastscan(i.indexrelid)                      AS last_scan, -- since 16
    nullif(c.reltuples, -1)::bigint                         AS entries,
    c.relpages::bigint                                      AS planner_pages
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'i'
  AND t.relkind IN ('r', 'm')
  AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
