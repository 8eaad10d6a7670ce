-- Which transactions are open for a second or more? The 200 oldest, prepared ones too.
SELECT
    a.pid::bigint                                           AS pid,
    a.xact_start                                            AS transaction_started,
    a.backend_type                                          AS kind,
    NULL::text                                              AS prepared,
    a.datname::text                                         AS dbname,
    a.usename::text                                         AS "user",
    a.application_name                                      AS application,
    coalesce(host(a.client_addr), '')                       AS address,
    a.state                                                 AS state,
    a.wait_event_type || ': ' || a.wait_event               AS wait,
    a.query_id                                              AS queryid,
    a.query                                                 AS text,
    extract(epoch FROM clock_timestamp() - a.xact_start)::float8   AS transaction_seconds,
    extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS state_seconds,
    CASE WHEN a.state LIKE 'idle in transaction%'
         THEN extract(epoch FROM clock_timestamp() - a.state_change)::float8
         ELSE 0 END                                         AS idle_in_transaction_seconds,
    greatest(age(a.backend_xmin), age(a.backend_xid))       AS xmin_age
FROM pg_stat_activity a
WHERE a.xact_start < clock_timestamp() - interval '1 second'
  AND a.pid <> pg_backend_pid()
UNION ALL
SELECT
    0, p.prepared, 'prepared transaction', p.gid, p.database::text, p.owner::text, NULL, '',
    'prepared', NULL, NULL, NULL,
    extract(epoch FROM clock_timestamp() - p.prepared)::float8,
    extract(epoch FROM clock_timestamp() - p.prepared)::float8,
    0, age(p.transaction)
FROM pg_prepared_xacts p
ORDER BY transaction_started
LIMIT 200
