-- How do types travel into languages?
SELECT 'pg_transform'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'from_sql', nullif(trffromsql::oid, 0)::regprocedure, 'to_sql', nullif(trftosql::oid, 0)::regprocedure) AS facts
FROM pg_transform
