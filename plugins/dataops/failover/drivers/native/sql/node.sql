-- What is this node, how far is it, whom does it follow, and how is it set?
SELECT
    NOT pg_is_in_recovery()                                   AS is_primary,
    (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
    current_setting('server_version_num')::int                AS version,
    CASE
        WHEN pg_is_in_recovery() THEN coalesce(
            (SELECT received_tli FROM pg_stat_wal_receiver),
            (SELECT timeline_id FROM pg_control_checkpoint()))
        -- the control file's timeline is stale between a promotion and the next checkpoint
        ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int
    END                                                       AS timeline,
    pg_wal_lsn_diff(
        CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_replay_lsn(), '0/0')
             ELSE pg_current_wal_lsn() END, '0/0')::bigint    AS lsn,
    CASE WHEN pg_is_in_recovery() THEN
        pg_wal_lsn_diff(greatest(coalesce((SELECT flushed_lsn FROM pg_stat_wal_receiver), '0/0'),
            coalesce(pg_last_wal_receive_lsn(), '0/0'), coalesce(pg_last_wal_replay_lsn(), '0/0')),
            '0/0')::bigint
        ELSE 0 END                                            AS received,
    coalesce((SELECT status = 'streaming' FROM pg_stat_wal_receiver), false) AS streaming,
    coalesce((SELECT sender_host || ':' || sender_port FROM pg_stat_wal_receiver), '') AS upstream,
    coalesce((SELECT substring(conninfo FROM 'application_name=''?([^'' ]+)') FROM pg_stat_wal_receiver),
        nullif(current_setting('cluster_name'), ''), 'walreceiver') AS application,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(application_name, sync_state)), '[]')
        FROM pg_stat_replication WHERE state = 'streaming')   AS followers,
    CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE')
        THEN current_setting('data_directory') ELSE '' END    AS data_directory,
    current_setting('data_checksums')::boolean                AS checksums,
    (SELECT jsonb_object_agg(name, coalesce(setting, '') || CASE
            WHEN unit IS NULL THEN ''
            WHEN unit = '8kB' THEN ' * 8kB'
            ELSE unit END)
        FROM pg_settings
        WHERE NOT name = ANY (%s))                            AS settings
