-- Which indexes are used on the standby?
SELECT
    i.indexrelid::bigint                                    AS oid,
    pg_stat_get_numscans(i.indexrelid)                      AS standby_scans
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'i'
  AND c.relpersistence = 'p'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
