-- What does each function and procedure do?
SELECT 'pg_proc'::regclass AS classid, p.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object('definition', pg_get_functiondef(p.oid)) AS facts
FROM pg_proc AS p
WHERE p.prokind <> 'a' AND p.pronamespace IN (TABLE ours)
