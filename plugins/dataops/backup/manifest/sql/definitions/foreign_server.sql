-- Which foreign servers are there?
SELECT 'pg_foreign_server'::regclass AS classid, s.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'wrapper', (SELECT fdwname FROM pg_foreign_data_wrapper WHERE oid = s.srvfdw),
        'type', s.srvtype, 'version', s.srvversion, 'fdw_options', to_jsonb(s.srvoptions)) AS facts
FROM pg_foreign_server AS s
