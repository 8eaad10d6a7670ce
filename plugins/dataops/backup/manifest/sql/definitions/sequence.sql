-- How does each sequence count, and whose column owns it?
SELECT 'pg_class'::regclass AS classid, c.oid AS objid, 0 AS objsubid, c.oid AS relid,
    jsonb_build_object(
        'type', s.seqtypid::regtype, 'start', s.seqstart, 'increment', s.seqincrement, 'minimum', s.seqmin,
        'maximum', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle, 'persistence', c.relpersistence,
        'owned_by', (
            SELECT owner.identity FROM pg_depend AS d,
                LATERAL pg_identify_object(d.refclassid, d.refobjid, d.refobjsubid) AS owner
            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refobjsubid > 0
                AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))) AS facts
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid
WHERE c.relpersistence <> 't' AND c.relnamespace IN (TABLE ours)
