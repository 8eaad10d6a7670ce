-- Who waits for whom? One row per session that waits for a lock and session (or prepared transaction) in its way.
WITH waiting AS MATERIALIZED (
    SELECT a.*, pg_blocking_pids(a.pid) AS blockers
    FROM pg_stat_activity a
    WHERE a.wait_event_type = 'Lock'
    LIMIT 500
),
edge AS (
    SELECT DISTINCT w.pid AS blocked_pid, blocker
    FROM waiting w, unnest(w.blockers) AS blocker
)
SELECT
    e.blocked_pid::bigint                                   AS blocked_pid,
    e.blocker::bigint                                       AS blocking_pid,
    coalesce(l.waitstart, w.query_start)                    AS waiting_since,
    w.datname::text                                         AS dbname,
    l.locktype                                              AS lock,
    l.mode                                                  AS mode,
    CASE WHEN w.datname = current_database() THEN l.relation::bigint END AS relation_oid,
    w.usename::text                                         AS blocked_user,
    w.application_name                                      AS blocked_application,
    w.query_id                                              AS blocked_queryid,
    w.query                                                 AS blocked_text,
    coalesce(b.usename::text, p.owner::text)                AS blocking_user,
    b.application_name                                      AS blocking_application,
    coalesce(b.state, CASE WHEN e.blocker = 0 THEN 'prepared transaction' ELSE b.backend_type END) AS blocking_state,
    b.query_id                                              AS blocking_queryid,
    b.query                                                 AS blocking_text,
    p.gid                                                   AS blocking_prepared,
    extract(epoch FROM clock_timestamp() - coalesce(l.waitstart, w.query_start))::float8 AS waited_seconds,
    extract(epoch FROM clock_timestamp() - coalesce(b.xact_start, p.prepared))::float8 AS blocking_transaction_seconds
FROM edge e
JOIN waiting w ON w.pid = e.blocked_pid
LEFT JOIN LATERAL (
    SELECT * FROM pg_locks l WHERE l.pid = e.blocked_pid AND NOT l.granted LIMIT 1
) l ON true
LEFT JOIN pg_stat_activity b ON b.pid = e.blocker
-- A prepared transaction has no process: it is found by what it holds of what is waited for.
LEFT JOIN LATERAL (
    SELECT x.gid, x.owner, x.prepared
    FROM pg_locks h
    JOIN pg_locks own ON own.pid IS NULL AND own.locktype = 'transactionid'
        AND own.virtualtransaction = h.virtualtransaction
    JOIN pg_prepared_xacts x ON x.transaction = own.transactionid
    WHERE e.blocker = 0 AND h.granted AND h.pid IS NULL
      AND (h.transactionid = l.transactionid
           OR (h.locktype = l.locktype AND h.database IS NOT DISTINCT FROM l.database
               AND h.relation IS NOT DISTINCT FROM l.relation))
    ORDER BY x.prepared
    LIMIT 1
) p ON true
