-- How far does this server see the writes of each session, and who is it?
SELECT
    array(
        SELECT coalesce((SELECT max(n) FROM dataops_canary.writes WHERE run = %s AND session = s), 0)
        FROM generate_series(1, %s) AS s
        ORDER BY s
    ),
    pg_is_in_recovery(),
    CASE
        WHEN pg_is_in_recovery() THEN coalesce((SELECT received_tli FROM pg_stat_wal_receiver), 0)
        ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int
    END,
    coalesce(host(inet_server_addr()) || ':' || inet_server_port(), '')
