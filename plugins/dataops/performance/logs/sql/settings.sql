SELECT name, setting
FROM pg_catalog.pg_settings
WHERE name IN (
    'archive_mode', 'data_directory', 'deadlock_timeout', 'lc_messages', 'log_autovacuum_min_duration',
    'log_checkpoints', 'log_connections', 'log_destination', 'log_directory', 'log_duration', 'log_error_verbosity', 'log_line_prefix',
    'log_lock_waits', 'log_min_duration_sample', 'log_min_duration_statement', 'log_min_messages',
    'log_statement_sample_rate', 'log_temp_files', 'log_timezone', 'log_transaction_sample_rate',
    'logging_collector', 'session_preload_libraries', 'shared_preload_libraries'
)
