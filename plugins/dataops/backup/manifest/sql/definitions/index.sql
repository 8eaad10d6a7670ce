-- What does each index hold, and is it usable?
SELECT 'pg_class'::regclass AS classid, c.oid AS objid, 0 AS objsubid, i.indrelid AS relid,
    jsonb_build_object(
        'definition', pg_get_indexdef(c.oid),
        'valid', i.indisvalid,
        'ready', CASE WHEN i.indisvalid AND NOT i.indisready THEN false END,  -- else rows come in past it
        'live', CASE WHEN i.indisvalid AND NOT i.indislive THEN false END,
        'clustered', i.indisclustered,
        'unique', i.indisunique,
        'constraint', k.conname,
        'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace),
        'options', (SELECT jsonb_agg(o ORDER BY o COLLATE "C") FROM unnest(c.reloptions) AS o),
        'parent', (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid),
        'statistics', (SELECT jsonb_object_agg(a.attnum, to_jsonb(a) -> 'attstattarget') FROM pg_attribute AS a
                       WHERE a.attrelid = c.oid AND (to_jsonb(a) ->> 'attstattarget')::int >= 0)
    ) AS facts
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid
LEFT JOIN pg_constraint AS k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
WHERE c.relpersistence <> 't' AND c.relnamespace IN (TABLE ours)
