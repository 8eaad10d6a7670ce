-- Which triggers fire, and when?
SELECT 'pg_trigger'::regclass AS classid, t.oid AS objid, 0 AS objsubid, c.oid AS relid,
    jsonb_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled) AS facts
FROM pg_trigger AS t
JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relpersistence <> 't' AND c.relnamespace IN (TABLE ours)
