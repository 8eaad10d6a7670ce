-- What does each operator call, and what may the planner assume?
SELECT 'pg_operator'::regclass AS classid, o.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'function', nullif(o.oprcode::oid, 0)::regprocedure,
        'result', nullif(o.oprresult, 0)::regtype,
        'commutator', nullif(o.oprcom, 0)::regoperator,
        'negator', nullif(o.oprnegate, 0)::regoperator,
        'restrict', nullif(o.oprrest::oid, 0)::regprocedure,
        'join', nullif(o.oprjoin::oid, 0)::regprocedure,
        'hashes', o.oprcanhash,
        'merges', o.oprcanmerge
    ) AS facts
FROM pg_operator AS o
WHERE o.oprnamespace IN (TABLE ours)
