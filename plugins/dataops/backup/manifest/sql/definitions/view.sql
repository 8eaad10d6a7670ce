-- What does each view and materialized view select?
SELECT 'pg_class'::regclass AS classid, c.oid AS objid, 0 AS objsubid, c.oid AS relid,
    jsonb_build_object(
        'kind', c.relkind,
        'definition', pg_get_viewdef(c.oid),
        'options', (SELECT jsonb_agg(o ORDER BY o COLLATE "C") FROM unnest(c.reloptions) AS o),
        'toast_options', (SELECT jsonb_agg(o ORDER BY o COLLATE "C")
                          FROM pg_class AS t, unnest(t.reloptions) AS o WHERE t.oid = c.reltoastrelid),
        'replica_identity', CASE WHEN c.relkind = 'm' THEN nullif(c.relreplident, 'd') END,
        'replica_identity_index', (SELECT i.indexrelid::regclass FROM pg_index AS i
                                   WHERE i.indrelid = c.oid AND i.indisreplident AND c.relreplident = 'i'),
        'populated', CASE WHEN c.relkind = 'm' THEN c.relispopulated END,
        'access_method', (SELECT amname FROM pg_am WHERE oid = c.relam),
        'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace)
    ) AS facts
FROM pg_class AS c
WHERE c.relkind IN ('v', 'm') AND c.relpersistence <> 't' AND c.relnamespace IN (TABLE ours)
