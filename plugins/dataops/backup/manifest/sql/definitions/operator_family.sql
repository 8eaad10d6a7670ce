-- Which operators and support functions does each operator family hold?
SELECT 'pg_opfamily'::regclass AS classid, f.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'operators', (
            SELECT jsonb_agg(entry ORDER BY entry) FROM (
                SELECT jsonb_build_array(o.amopstrategy, o.amopopr::regoperator, o.amoppurpose,
                                         (SELECT opfname FROM pg_opfamily WHERE oid = o.amopsortfamily)) AS entry
                FROM pg_amop AS o WHERE o.amopfamily = f.oid) AS operators),
        'functions', (
            SELECT jsonb_agg(entry ORDER BY entry) FROM (
                SELECT jsonb_build_array(p.amprocnum, p.amproclefttype::regtype, p.amprocrighttype::regtype,
                                         p.amproc::oid::regprocedure) AS entry
                FROM pg_amproc AS p WHERE p.amprocfamily = f.oid) AS functions)
    ) AS facts
FROM pg_opfamily AS f
WHERE f.opfnamespace IN (TABLE ours)
