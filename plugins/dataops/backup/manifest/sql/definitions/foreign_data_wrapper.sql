-- Which foreign-data wrappers are there?
SELECT 'pg_foreign_data_wrapper'::regclass AS classid, oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'handler', nullif(fdwhandler, 0)::regprocedure,
        'validator', nullif(fdwvalidator, 0)::regprocedure,
        'fdw_options', to_jsonb(fdwoptions)) AS facts
FROM pg_foreign_data_wrapper
