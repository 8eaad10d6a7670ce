-- Which encoding conversions were added?
SELECT 'pg_conversion'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'from', pg_encoding_to_char(conforencoding), 'to', pg_encoding_to_char(contoencoding),
        'function', conproc::oid::regprocedure, 'default', condefault) AS facts
FROM pg_conversion
WHERE connamespace IN (TABLE ours)
