-- Where does this server keep its files and sockets, and does it archive?
-- Needs pg_read_all_settings; without it current_setting raises for what only superusers may see.
SELECT
    current_setting('data_directory') AS data_directory,
    current_setting('port')::int AS port,
    current_setting('unix_socket_directories') AS sockets,
    current_setting('archive_mode') AS archive_mode,
    current_setting('archive_command') AS archive_command,
    extract(epoch FROM current_setting('archive_timeout')::interval)::int AS archive_timeout,
    (SELECT setting::bigint FROM pg_catalog.pg_settings WHERE name = 'wal_segment_size') AS segment_size,
    current_setting('full_page_writes')::bool AS full_page_writes
