-- Which table and index access methods were added?
SELECT 'pg_am'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object('type', amtype, 'handler', amhandler::oid::regprocedure) AS facts
FROM pg_am
WHERE oid >= 16384
