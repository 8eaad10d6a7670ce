-- Which kinds of dictionaries were added?
SELECT 'pg_ts_template'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'init', nullif(tmplinit::oid, 0)::regprocedure, 'lexize', tmpllexize::oid::regprocedure) AS facts
FROM pg_ts_template
WHERE tmplnamespace IN (TABLE ours)
