-- How far has this standby replayed, and does it stand still?
SELECT
    pg_catalog.pg_last_wal_replay_lsn()::text AS replayed,
    pg_catalog.pg_last_wal_replay_lsn() >= %(target)s::pg_lsn AS reached,
    pg_catalog.pg_get_wal_replay_pause_state() AS state,
    pg_catalog.pg_is_in_recovery() AS in_recovery
