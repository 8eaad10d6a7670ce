-- What are the sessions doing right now?
SELECT
    coalesce(datname, '')::text                             AS dbname,
    coalesce(state, 'unknown')                              AS state,
    CASE WHEN state = 'active' THEN coalesce(wait_event_type, '') ELSE '' END AS wait_type,
    count(*)                                                AS sessions,
    extract(epoch FROM clock_timestamp() - min(xact_start))::float8 AS oldest_transaction_seconds
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
GROUP BY 1, 2, 3
