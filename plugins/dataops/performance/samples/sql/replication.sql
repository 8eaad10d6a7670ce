-- How far are the standbys behind?
SELECT
    r.application_name                                      AS standby,
    coalesce(host(r.client_addr), '')                       AS address,
    s.slot_name::text                                       AS slot,
    r.state                                                 AS state,
    r.sync_state                                            AS sync_state,
    pg_wal_lsn_diff(here.lsn, r.sent_lsn)::bigint           AS sent_lag_bytes,
    pg_wal_lsn_diff(here.lsn, r.replay_lsn)::bigint         AS replay_lag_bytes,
    extract(epoch FROM r.write_lag)::float8                 AS write_lag_seconds,
    extract(epoch FROM r.flush_lag)::float8                 AS flush_lag_seconds,
    extract(epoch FROM r.replay_lag)::float8                AS replay_lag_seconds,
    age(r.backend_xmin)                                     AS xmin_age
FROM pg_stat_replication r
LEFT JOIN pg_replication_slots s ON s.active_pid = r.pid
CROSS JOIN (
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END AS lsn
) here
