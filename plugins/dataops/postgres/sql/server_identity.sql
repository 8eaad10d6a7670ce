-- Which server is this, and where does it stand?
SELECT
    current_setting('server_version')                       AS version,
    current_setting('server_version_num')::int              AS version_num,
    (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
    pg_is_in_recovery()                                     AS in_recovery,
    CASE
        WHEN pg_is_in_recovery() THEN coalesce(
            (SELECT received_tli FROM pg_stat_wal_receiver),
            (SELECT timeline_id FROM pg_control_checkpoint()))
        -- the control file's timeline is stale between a promotion and the next checkpoint
        ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
    END                                                     AS timeline,
    CASE
        WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
        ELSE pg_current_wal_lsn()
    END::text                                               AS lsn,
    current_setting('data_checksums')::boolean              AS data_checksums,
    pg_postmaster_start_time()                              AS started,
    coalesce(host(inet_server_addr()) || ':' || inet_server_port(), '') AS address,
    CASE
        WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory')
        ELSE ''
    END                                                     AS data_directory
