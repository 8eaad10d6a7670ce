-- How is every table used, and how does vacuum keep up?
SELECT
    c.oid::bigint                                           AS oid,
    n.nspname::text                                         AS schema,
    c.relname::text                                         AS name,
    CASE WHEN c.relkind = 'm' THEN 'materialized view'
         WHEN c.relispartition THEN 'partition' ELSE 'table' END AS kind,
    c.relfilenode::bigint                                   AS filenode,
    c.relpersistence = 'u'                                  AS unlogged,
    array_to_json(c.reloptions)::text                       AS options,
    i.inhparent                                             AS parent,
    pg_stat_get_numscans(c.oid)                             AS seq_scans,
    pg_stat_get_tuples_returned(c.oid)                      AS seq_rows_read,
    coalesce(x.scans, 0)                                    AS index_scans,
    coalesce(x.fetched, 0) + pg_stat_get_tuples_fetched(c.oid) AS index_rows_fetched,
    pg_stat_get_tuples_inserted(c.oid)                      AS rows_inserted,
    pg_stat_get_tuples_updated(c.oid)                       AS rows_updated,
    pg_stat_get_tuples_deleted(c.oid)                       AS rows_deleted,
    pg_stat_get_tuples_hot_updated(c.oid)                   AS rows_hot_updated,
    pg_stat_get_tuples_newpage_updated(c.oid)               AS rows_newpage_updated, -- since 16
    pg_stat_get_vacuum_count(c.oid)                         AS vacuums,
    pg_stat_get_autovacuum_count(c.oid)                     AS autovacuums,
    pg_stat_get_analyze_count(c.oid)                        AS analyzes,
    pg_stat_get_autoanalyze_count(c.oid)                    AS autoanalyzes,
    pg_stat_get_blocks_fetched(c.oid) - pg_stat_get_blocks_hit(c.oid) AS heap_blocks_read,
    pg_stat_get_blocks_hit(c.oid)                           AS heap_blocks_hit,
    coalesce(x.blocks_read, 0)                              AS index_blocks_read,
    coalesce(x.blocks_hit, 0)                               AS index_blocks_hit,
    CASE WHEN c.reltoastrelid = 0 THEN 0
         ELSE pg_stat_get_blocks_fetched(c.reltoastrelid) - pg_stat_get_blocks_hit(c.reltoastrelid) END
        + coalesce(t.blocks_read, 0)                        AS toast_blocks_read,
    CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_stat_get_blocks_hit(c.reltoastrelid) END
        + coalesce(t.blocks_hit, 0)                         AS toast_blocks_hit,
    pg_stat_get_total_autovacuum_time(c.oid) / 1000.0       AS autovacuum_seconds, -- since 18
    pg_stat_get_live_tuples(c.oid)                          AS live_rows,
    pg_stat_get_dead_tuples(c.oid)                          AS dead_rows,
    pg_stat_get_mod_since_analyze(c.oid)                    AS rows_changed_since_analyze,
    pg_stat_get_ins_since_vacuum(c.oid)                     AS rows_inserted_since_vacuum,
    pg_stat_get_last_vacuum_time(c.oid)                     AS last_vacuum,
    pg_stat_get_last_autovacuum_time(c.oid)                 AS last_autovacuum,
    pg_stat_get_last_analyze_time(c.oid)                    AS last_analyze,
    pg_stat_get_last_autoanalyze_time(c.oid)                AS last_autoanalyze,
    pg_stat_get_lastscan(c.oid)                             AS last_seq_scan,   -- since 16
    x.last_scan                                             AS last_index_scan, -- since 16
    nullif(c.reltuples, -1)::bigint                         AS planner_rows,
    c.relpages::bigint                                      AS planner_pages,
    c.relallvisible::bigint                                 AS all_visible_pages,
    greatest(age(c.relfrozenxid), age(toast.relfrozenxid))  AS xid_age,
    greatest(mxid_age(c.relminmxid), mxid_age(toast.relminmxid)) AS multixact_age
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid
LEFT JOIN (
    SELECT inhrelid, min(inhparent::bigint) AS inhparent FROM pg_inherits GROUP BY 1
) i ON i.inhrelid = c.oid
LEFT JOIN (
    SELECT indrelid,
           sum(pg_stat_get_numscans(indexrelid))::bigint AS scans,
           sum(pg_stat_get_tuples_fetched(indexrelid))::bigint AS fetched,
           sum(pg_stat_get_blocks_fetched(indexrelid) - pg_stat_get_blocks_hit(indexrelid))::bigint AS blocks_read,
           sum(pg_stat_get_blocks_hit(indexrelid))::bigint AS blocks_hit,
           max(pg_stat_get_lastscan(indexrelid)) AS last_scan, -- since 16
           1 AS one
    FROM pg_index
    GROUP BY indrelid
) x ON x.indrelid = c.oid
LEFT JOIN (
    SELECT indrelid,
           sum(pg_stat_get_blocks_fetched(indexrelid) - pg_stat_get_blocks_hit(indexrelid))::bigint AS blocks_read,
           sum(pg_stat_get_blocks_hit(indexrelid))::bigint AS blocks_hit
    FROM pg_index
    GROUP BY indrelid
) t ON t.indrelid = c.reltoastrelid AND c.reltoastrelid <> 0
WHERE c.relkind IN ('r', 'm')
  AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
