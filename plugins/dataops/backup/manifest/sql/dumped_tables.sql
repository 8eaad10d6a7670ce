-- Which tables must hold still for a dump, and of which does it carry rows? (relkind p has none of its own.)
-- Of an extension's tables only its configuration, and of that only the rows of its condition.
SELECT format('%I.%I', n.nspname, c.relname) AS identity,
    c.oid::bigint AS relid,
    c.relkind = 'r' AS has_rows,
    c.relpersistence = 'u' AS unlogged,
    coalesce(configuration.condition, '') AS condition,
    c.relpages::bigint * current_setting('block_size')::bigint AS bytes,
    has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS readable
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_depend AS member
    ON member.classid = 'pg_class'::regclass AND member.objid = c.oid AND member.objsubid = 0 AND member.deptype = 'e'
LEFT JOIN LATERAL (
    SELECT x.condition
    FROM pg_extension AS e, unnest(e.extconfig, e.extcondition) AS x (relation, condition)
    WHERE e.oid = member.refobjid AND x.relation = c.oid
) AS configuration ON true
WHERE c.relkind IN ('r', 'p')
    AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND (member.objid IS NULL OR configuration.condition IS NOT NULL)
ORDER BY 1
