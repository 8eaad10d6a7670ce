-- Does WAL reach the archive?
SELECT
    current_setting('archive_mode') <> 'off'                AS enabled,
    last_archived_wal                                       AS last_archived_wal,
    last_failed_wal                                         AS last_failed_wal,
    archived_count                                          AS archived,
    failed_count                                            AS failed,
    last_archived_time                                      AS last_archived_at,
    last_failed_time                                        AS last_failed_at,
    (SELECT count(*) FROM pg_ls_archive_statusdir()
      WHERE name LIKE '%.ready')                            AS waiting_files
FROM pg_stat_archiver
