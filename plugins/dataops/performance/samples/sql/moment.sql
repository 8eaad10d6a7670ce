-- When is it there, and which server's statistics are these?
SELECT
    clock_timestamp()                                       AS at,
    pg_postmaster_start_time()                              AS started,
    current_setting('block_size')::int                      AS block_size,
    current_user::text                                      AS role,
    pg_has_role('pg_read_all_stats', 'USAGE')               AS sees_statistics,
    pg_has_role('pg_read_all_settings', 'USAGE')            AS sees_settings,
    (SELECT stats_reset FROM pg_stat_archiver)              AS archiver_reset,
    (SELECT stats_reset FROM pg_stat_bgwriter)              AS writer_reset,
    (SELECT stats_reset FROM pg_stat_wal)                   AS wal_reset,
    (SELECT max(stats_reset) FROM pg_stat_slru)             AS slru_reset,
    (SELECT stats_reset FROM pg_stat_checkpointer)          AS checkpointer_reset, -- since 17
    (SELECT max(stats_reset) FROM pg_stat_io)               AS io_reset, -- since 16
    (SELECT stats_reset FROM pg_stat_database
      WHERE datname = current_database())                   AS database_reset
