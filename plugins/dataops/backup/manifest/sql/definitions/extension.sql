-- Which extensions are there, at which version, with which members and dumped tables?
-- Their owner and what their functions are: a dump makes them anew, a restore of files must bring them back.
SELECT 'pg_extension'::regclass AS classid, e.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'version', e.extversion,
        'schema', e.extnamespace::regnamespace,
        'relocatable', e.extrelocatable,
        'owner', pg_get_userbyid(e.extowner),
        'functions', (
            SELECT md5(string_agg(pg_get_functiondef(p.oid), '' ORDER BY p.oid::regprocedure::text COLLATE "C"))
            FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid AND p.prokind <> 'a'
            WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
                AND d.classid = 'pg_proc'::regclass),
        'members', (
            SELECT jsonb_agg(m.type || ' ' || m.identity ORDER BY (m.type || ' ' || m.identity) COLLATE "C")
            FROM pg_depend AS d, LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) AS m
            WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'),
        'configuration', (
            SELECT jsonb_object_agg(relation::regclass, condition)
            FROM unnest(e.extconfig, e.extcondition) AS c (relation, condition))) AS facts
FROM pg_extension AS e
