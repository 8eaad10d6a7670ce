-- What has every statement of this database done since its entry was made? Without texts, which lie in a file.
SELECT
    s.queryid                                               AS queryid,
    s.userid::bigint                                        AS userid,
    coalesce(r.rolname::text, s.userid::text)               AS "user",
    s.toplevel                                              AS toplevel,
    s.stats_since                                           AS entry_since, -- since 17
    s.calls                                                 AS calls,
    s.rows                                                  AS rows,
    CASE WHEN {planning} THEN s.plans END                   AS plans,
    s.total_exec_time / 1000.0                              AS exec_seconds,
    CASE WHEN {planning} THEN s.total_plan_time / 1000.0 END AS plan_seconds,
    s.mean_exec_time / 1000.0                               AS lifetime_mean_seconds,
    s.stddev_exec_time / 1000.0                             AS lifetime_stddev_seconds,
    s.min_exec_time / 1000.0                                AS lifetime_min_seconds,
    s.max_exec_time / 1000.0                                AS lifetime_max_seconds,
    s.shared_blks_hit                                       AS shared_blocks_hit,
    s.shared_blks_read                                      AS shared_blocks_read,
    s.shared_blks_dirtied                                   AS shared_blocks_dirtied,
    s.shared_blks_written                                   AS shared_blocks_written,
    s.local_blks_read                                       AS local_blocks_read,
    s.local_blks_written                                    AS local_blocks_written,
    s.temp_blks_read                                        AS temp_blocks_read,
    s.temp_blks_written                                     AS temp_blocks_written,
    CASE WHEN {timed} THEN s.blk_read_time / 1000.0 END     AS read_seconds,  -- until 16
    CASE WHEN {timed} THEN s.blk_write_time / 1000.0 END    AS write_seconds, -- until 16
    CASE WHEN {timed} THEN (s.shared_blk_read_time + s.local_blk_read_time) / 1000.0 END AS read_seconds, -- since 17
    CASE WHEN {timed} THEN (s.shared_blk_write_time + s.local_blk_write_time) / 1000.0 END AS write_seconds, -- since 17
    s.wal_records                                           AS wal_records,
    s.wal_fpi                                               AS wal_full_page_images,
    s.jit_functions                                         AS jit_functions, -- since 15
    (s.jit_generation_time + s.jit_inlining_time            -- since 15
        + s.jit_deform_time                                 -- since 17
        + s.jit_optimization_time + s.jit_emission_time) / 1000.0 AS jit_seconds, -- since 15
    s.parallel_workers_to_launch                            AS parallel_workers_planned,  -- since 18
    s.parallel_workers_launched                             AS parallel_workers_launched, -- since 18
    s.wal_bytes::bigint                                     AS wal_bytes
FROM {schema}.pg_stat_statements(false) s
LEFT JOIN pg_roles r ON r.oid = s.userid
WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = {dbname})
  AND s.queryid IS NOT NULL
