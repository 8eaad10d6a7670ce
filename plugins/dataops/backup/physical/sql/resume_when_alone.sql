-- The dead man's switch: end the pause when the session that asked for it is gone, or its time is over.
-- One statement, so the server carries it to its end even when the client and its whole host are dead.
DO $$
DECLARE
    until timestamptz := clock_timestamp() + current_setting('dataops.pause_seconds')::float * interval '1 second';
    holder int := current_setting('dataops.pause_holder')::int;
    begun timestamptz := current_setting('dataops.pause_holder_start')::timestamptz;
BEGIN
    LOOP
        PERFORM pg_catalog.pg_sleep(0.2);
        PERFORM pg_catalog.pg_stat_clear_snapshot();
        EXIT WHEN clock_timestamp() >= until OR NOT EXISTS (
            SELECT FROM pg_catalog.pg_stat_activity WHERE pid = holder AND backend_start = begun
        );
    END LOOP;
    IF pg_catalog.pg_is_in_recovery() AND pg_catalog.pg_is_wal_replay_paused() THEN
        PERFORM pg_catalog.pg_wal_replay_resume();
    END IF;
END
$$
