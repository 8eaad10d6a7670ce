-- How much WAL is made, and what does writing it take?
SELECT
    w.wal_records                                           AS records,
    w.wal_fpi                                               AS full_page_images,
    w.wal_bytes::bigint                                     AS bytes,
    w.wal_buffers_full                                      AS buffers_full,
    w.wal_write                                             AS writes, -- until 17
    w.wal_sync                                              AS syncs,  -- until 17
    CASE WHEN current_setting('track_wal_io_timing')::boolean -- until 17
         THEN w.wal_write_time / 1000.0 END                 AS write_seconds, -- until 17
    CASE WHEN current_setting('track_wal_io_timing')::boolean -- until 17
         THEN w.wal_sync_time / 1000.0 END                  AS sync_seconds,  -- until 17
    io.writes                                               AS writes, -- since 18
    io.fsyncs                                               AS syncs,  -- since 18
    CASE WHEN current_setting('track_wal_io_timing')::boolean -- since 18
         THEN io.write_time / 1000.0 END                    AS write_seconds, -- since 18
    CASE WHEN current_setting('track_wal_io_timing')::boolean -- since 18
         THEN io.fsync_time / 1000.0 END                    AS sync_seconds,  -- since 18
    (SELECT sum(size)::bigint FROM pg_ls_waldir())          AS directory_bytes
FROM pg_stat_wal w
CROSS JOIN ( -- since 18
    SELECT sum(writes)::bigint AS writes, sum(fsyncs)::bigint AS fsyncs, -- since 18
           sum(write_time) AS write_time, sum(fsync_time) AS fsync_time -- since 18
    FROM pg_stat_io -- since 18
    WHERE object = 'wal' -- since 18
) io -- since 18
