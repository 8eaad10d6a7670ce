-- Which schemas are there?
SELECT 'pg_namespace'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid, '{}'::jsonb AS facts
FROM pg_namespace
WHERE oid IN (TABLE ours)
