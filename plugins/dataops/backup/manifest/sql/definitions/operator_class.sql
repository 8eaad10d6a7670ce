-- Which operator classes do indexes have to choose from?
SELECT 'pg_opclass'::regclass AS classid, o.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'family', format('%I.%I', n.nspname, f.opfname),
        'input', o.opcintype::regtype,
        'default', o.opcdefault,
        'key', nullif(o.opckeytype, 0)::regtype
    ) AS facts
FROM pg_opclass AS o
JOIN pg_opfamily AS f ON f.oid = o.opcfamily
JOIN pg_namespace AS n ON n.oid = f.opfnamespace
WHERE o.opcnamespace IN (TABLE ours)
