-- Which moment does this transaction see? On a standby that has WAL left to replay, the last commit it replayed.
SELECT pg_export_snapshot(),
    CASE WHEN pg_is_in_recovery() AND pg_last_wal_receive_lsn() IS DISTINCT FROM pg_last_wal_replay_lsn()
         THEN least(now(), coalesce(pg_last_xact_replay_timestamp(), now()))
         ELSE now() END,
    pg_backend_pid()
