-- How is each table stored, partitioned, inherited and protected?
SELECT 'pg_class'::regclass AS classid, c.oid AS objid, 0 AS objsubid, c.oid AS relid,
    jsonb_build_object(
        'kind', c.relkind,
        'persistence', c.relpersistence,
        'access_method', (SELECT amname FROM pg_am WHERE oid = c.relam),
        'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace),
        'options', (SELECT jsonb_agg(o ORDER BY o COLLATE "C") FROM unnest(c.reloptions) AS o),
        'toast_options', (SELECT jsonb_agg(o ORDER BY o COLLATE "C")
                          FROM pg_class AS t, unnest(t.reloptions) AS o WHERE t.oid = c.reltoastrelid),
        'replica_identity', c.relreplident,
        'replica_identity_index', (SELECT i.indexrelid::regclass FROM pg_index AS i
                                   WHERE i.indrelid = c.oid AND i.indisreplident AND c.relreplident = 'i'),
        'row_security', c.relrowsecurity,
        'force_row_security', c.relforcerowsecurity,
        'of_type', nullif(c.reloftype, 0)::regtype,
        'partition_key', pg_get_partkeydef(c.oid),
        'partition_bound', pg_get_expr(c.relpartbound, c.oid),
        'parents', (SELECT jsonb_agg(inhparent::regclass ORDER BY inhseqno)
                    FROM pg_inherits WHERE inhrelid = c.oid),
        'detach_pending', (SELECT true FROM pg_inherits AS h  -- since 14: its rows are no longer the parent's
                           WHERE inhrelid = c.oid AND to_jsonb(h) -> 'inhdetachpending' = 'true'),
        'server', (SELECT srvname FROM pg_foreign_table JOIN pg_foreign_server AS s ON s.oid = ftserver
                   WHERE ftrelid = c.oid),
        'fdw_options', (SELECT to_jsonb(ftoptions) FROM pg_foreign_table WHERE ftrelid = c.oid)
    ) AS facts
FROM pg_class AS c
WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND c.relnamespace IN (TABLE ours)
