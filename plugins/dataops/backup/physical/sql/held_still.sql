-- Does this standby stand still, and is a session of ours alive that wants it so?
SELECT
    pg_catalog.pg_is_in_recovery() AND pg_catalog.pg_is_wal_replay_paused() AS paused,
    EXISTS (
        SELECT FROM pg_catalog.pg_stat_activity
        WHERE application_name LIKE 'dataops frozen standby%'
    ) AS held
