-- Which languages can functions be written in?
SELECT 'pg_language'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'trusted', lanpltrusted,
        'handler', nullif(lanplcallfoid, 0)::regprocedure,
        'inline', nullif(laninline, 0)::regprocedure,
        'validator', nullif(lanvalidator, 0)::regprocedure) AS facts
FROM pg_language
WHERE oid >= 16384
