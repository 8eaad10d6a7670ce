-- since 15
-- Which schemas does each publication name?
SELECT 'pg_publication_namespace'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    '{}'::jsonb AS facts
FROM pg_publication_namespace
