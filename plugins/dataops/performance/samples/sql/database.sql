-- What has this database done since its statistics began?
SELECT
    d.datname                                               AS dbname,
    s.xact_commit                                           AS commits,
    s.xact_rollback                                         AS rollbacks,
    s.blks_read                                             AS blocks_read,
    s.blks_hit                                              AS blocks_hit,
    CASE WHEN current_setting('track_io_timing')::boolean
         THEN s.blk_read_time / 1000.0 END                  AS read_seconds,
    CASE WHEN current_setting('track_io_timing')::boolean
         THEN s.blk_write_time / 1000.0 END                 AS write_seconds,
    s.tup_returned                                          AS rows_returned,
    s.tup_fetched                                           AS rows_fetched,
    s.tup_inserted                                          AS rows_inserted,
    s.tup_updated                                           AS rows_updated,
    s.tup_deleted                                           AS rows_deleted,
    s.conflicts                                             AS conflicts,
    s.temp_files                                            AS temp_files,
    s.temp_bytes                                            AS temp_bytes,
    s.deadlocks                                             AS deadlocks,
    s.checksum_failures                                     AS checksum_failures,
    s.session_time / 1000.0                                 AS session_seconds,
    s.active_time / 1000.0                                  AS active_seconds,
    s.idle_in_transaction_time / 1000.0                     AS idle_in_transaction_seconds,
    s.sessions                                              AS sessions,
    s.sessions_abandoned                                    AS sessions_abandoned,
    s.sessions_fatal                                        AS sessions_fatal,
    s.sessions_killed                                       AS sessions_killed,
    s.numbackends                                           AS connections,
    d.datconnlimit                                          AS connection_limit,
    (SELECT count(*) FROM pg_stat_activity
      WHERE backend_type = 'client backend')                AS server_connections,
    age(d.datfrozenxid)                                     AS xid_age,
    mxid_age(d.datminmxid)                                  AS multixact_age,
    s.stats_reset                                           AS statistics_since
FROM pg_database d
JOIN pg_stat_database s ON s.datid = d.oid
WHERE d.datname = current_database()
