-- How are statements rewritten?
SELECT 'pg_rewrite'::regclass AS classid, r.oid AS objid, 0 AS objsubid, c.oid AS relid,
    jsonb_build_object('definition', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled) AS facts
FROM pg_rewrite AS r
JOIN pg_class AS c ON c.oid = r.ev_class
WHERE r.rulename <> '_RETURN' AND c.relpersistence <> 't' AND c.relnamespace IN (TABLE ours)
