-- How does each aggregate compute?
SELECT 'pg_proc'::regclass AS classid, p.oid AS objid, 0 AS objsubid, 0::oid AS relid,
    jsonb_build_object(
        'arguments', pg_get_function_arguments(p.oid),
        'parallel', p.proparallel,
        'volatile', p.provolatile,
        'kind', a.aggkind,
        'direct_arguments', a.aggnumdirectargs,
        'transition', nullif(a.aggtransfn, 0)::regprocedure,
        'final', nullif(a.aggfinalfn, 0)::regprocedure,
        'combine', nullif(a.aggcombinefn, 0)::regprocedure,
        'serial', nullif(a.aggserialfn, 0)::regprocedure,
        'deserial', nullif(a.aggdeserialfn, 0)::regprocedure,
        'moving_transition', nullif(a.aggmtransfn, 0)::regprocedure,
        'moving_inverse', nullif(a.aggminvtransfn, 0)::regprocedure,
        'moving_final', nullif(a.aggmfinalfn, 0)::regprocedure,
        'final_extra', a.aggfinalextra,
        'moving_final_extra', a.aggmfinalextra,
        'final_modify', a.aggfinalmodify,
        'moving_final_modify', a.aggmfinalmodify,
        'sort_operator', nullif(a.aggsortop, 0)::regoperator,
        'state', format_type(a.aggtranstype, NULL),
        'state_space', a.aggtransspace,
        'moving_state', nullif(a.aggmtranstype, 0)::regtype,
        'moving_state_space', a.aggmtransspace,
        'initial', a.agginitval,
        'moving_initial', a.aggminitval
    ) AS facts
FROM pg_proc AS p
JOIN pg_aggregate AS a ON a.aggfnoid = p.oid
WHERE p.pronamespace IN (TABLE ours)
