-- How does the archiver fare, and what was written that it has not archived yet?
SELECT
    archiver.last_archived_time,
    archiver.failed_count,
    archiver.last_failed_wal,
    archiver.last_failed_time,
    pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()) AS current_wal,
    (SELECT setting::int FROM pg_catalog.pg_settings WHERE name = 'archive_timeout') AS archive_timeout,
    (SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'wal_segment_size') AS segment_size,
    pg_catalog.clock_timestamp() AS now
FROM pg_catalog.pg_stat_archiver AS archiver
