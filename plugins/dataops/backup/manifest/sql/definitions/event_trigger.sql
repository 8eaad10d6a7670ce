-- Which commands fire triggers?
SELECT 'pg_event_trigger'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'event', evtevent,
        'function', evtfoid::regprocedure,
        'enabled', evtenabled,
        'tags', (SELECT jsonb_agg(tag ORDER BY tag COLLATE "C") FROM unnest(evttags) AS tag)
    ) AS facts
FROM pg_event_trigger
