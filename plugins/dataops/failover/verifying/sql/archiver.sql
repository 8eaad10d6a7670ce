-- Does this node archive its WAL, what reached the archive last, and did anything fail since?
SELECT current_setting('archive_mode') <> 'off' AS is_on,
    archived_count,
    coalesce(last_archived_wal, '') AS last,
    failed_count,
    coalesce(last_failed_wal, '') AS last_failed,
    coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS last_failed_is_newer
FROM pg_catalog.pg_stat_archiver
