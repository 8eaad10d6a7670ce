-- To what does this database subscribe? The connection string holds a password.
SELECT 'pg_subscription'::regclass AS classid, s.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    to_jsonb(s)
        - ARRAY['oid', 'subdbid', 'subname', 'subowner', 'subconninfo', 'subskiplsn', 'subtwophasestate', 'subpublications']
        || jsonb_build_object(
            'two_phase', coalesce(to_jsonb(s) ->> 'subtwophasestate', 'd') <> 'd',
            'publications', (SELECT jsonb_agg(p ORDER BY p COLLATE "C") FROM unnest(s.subpublications) AS p),
            'secrets', jsonb_build_object('connection', s.subconninfo),
            'hidden', CASE WHEN NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                           THEN 'pg_dump leaves subscriptions out unless it runs as superuser' END) AS facts
FROM pg_subscription AS s
WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
