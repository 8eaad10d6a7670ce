-- Who writes the dirty buffers, and why?
SELECT
    b.checkpoints_timed                                     AS timed,              -- until 16
    b.checkpoints_req                                       AS requested,          -- until 16
    b.checkpoint_write_time / 1000.0                        AS write_seconds,      -- until 16
    b.checkpoint_sync_time / 1000.0                         AS sync_seconds,       -- until 16
    b.buffers_checkpoint                                    AS buffers_checkpoint, -- until 16
    b.buffers_backend                                       AS buffers_backend,    -- until 16
    b.buffers_backend_fsync                                 AS buffers_backend_fsync, -- until 16
    c.num_timed                                             AS timed,              -- since 17
    c.num_requested                                         AS requested,          -- since 17
    c.write_time / 1000.0                                   AS write_seconds,      -- since 17
    c.sync_time / 1000.0                                    AS sync_seconds,       -- since 17
    c.buffers_written                                       AS buffers_checkpoint, -- since 17
    io.written                                              AS buffers_backend,    -- since 17
    io.synced                                               AS buffers_backend_fsync, -- since 17
    b.buffers_clean                                         AS buffers_clean,
    b.maxwritten_clean                                      AS maxwritten_clean,
    b.buffers_alloc                                         AS buffers_allocated
FROM pg_stat_bgwriter b
CROSS JOIN pg_stat_checkpointer c -- since 17
CROSS JOIN ( -- since 17
    SELECT -- since 17
        sum(writes)::bigint AS written, -- since 17, until 17
        (sum(write_bytes) / current_setting('block_size')::int)::bigint AS written, -- since 18
        sum(fsyncs)::bigint AS synced -- since 17
    FROM pg_stat_io -- since 17
    WHERE backend_type = 'client backend' AND object = 'relation' -- since 17
) io -- since 17
