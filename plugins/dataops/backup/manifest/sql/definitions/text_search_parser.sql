-- How is text split into tokens?
SELECT 'pg_ts_parser'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'start', prsstart::oid::regprocedure, 'token', prstoken::oid::regprocedure,
        'end', prsend::oid::regprocedure, 'headline', nullif(prsheadline::oid, 0)::regprocedure,
        'types', prslextype::oid::regprocedure) AS facts
FROM pg_ts_parser
WHERE prsnamespace IN (TABLE ours)
