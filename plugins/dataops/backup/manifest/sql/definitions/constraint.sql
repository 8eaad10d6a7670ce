-- What does each constraint of a table or domain demand?
-- The server enforces foreign keys and deferrable keys by triggers of its own, which ALTER TABLE ... DISABLE TRIGGER ALL
-- and pg_restore --disable-triggers switch off: told where one is not as it was made, on a partition too.
-- A partition's foreign keys follow from its parent's, under names that the server chooses: left out, as in a dump.
SELECT 'pg_constraint'::regclass AS classid, k.oid AS objid, 0 AS objsubid, k.conrelid AS relid,
    jsonb_build_object(
        'definition', pg_get_constraintdef(k.oid),
        'validated', k.convalidated,
        'deferrable', k.condeferrable,
        'deferred', k.condeferred,
        'index', nullif(CASE WHEN k.contype IN ('p', 'u', 'x') THEN k.conindid ELSE 0 END, 0)::regclass,
        'trigger_states', (
            WITH RECURSIVE its (oid) AS (
                SELECT k.oid
                UNION ALL SELECT part.oid FROM pg_constraint AS part JOIN its ON part.conparentid = its.oid)
            SELECT jsonb_agg(DISTINCT t.tgenabled) FROM pg_trigger AS t JOIN its ON t.tgconstraint = its.oid
            WHERE t.tgisinternal HAVING bool_or(t.tgenabled <> 'O'))
    ) AS facts
FROM pg_constraint AS k
WHERE k.connamespace IN (TABLE ours)
    AND k.contype <> 't'
    AND NOT (k.contype = 'f' AND k.conparentid <> 0)
    AND NOT EXISTS (SELECT FROM pg_depend AS e WHERE e.deptype = 'e'
                    AND e.classid = 'pg_type'::regclass AND e.objid = k.contypid)
