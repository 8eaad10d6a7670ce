-- Which casts were added?
SELECT 'pg_cast'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'function', nullif(castfunc, 0)::regprocedure, 'context', castcontext, 'method', castmethod) AS facts
FROM pg_cast
WHERE oid >= 16384
