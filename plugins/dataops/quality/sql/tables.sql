-- The tables whose rows belong to their owners, with size and what the database itself enforces, sorted.
-- `kind` says how a column can be profiled; `enforced`: no NULL can be there. `alone`: unique by an index.
-- `counting`: values that go on growing, such as numbers of a sequence or keys.
SELECT
    n.nspname AS schema,
    c.relname AS table,
    pg_catalog.pg_table_size(c.oid) + (
        SELECT coalesce(sum(pg_catalog.pg_table_size(i.relid)), 0)
        FROM pg_catalog.pg_partition_tree(c.oid) AS i
        WHERE i.isleaf AND i.relid <> c.oid
    ) AS bytes,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'name', a.attname,
            'kind', CASE
                WHEN k.typtype = 'e' OR k.typname IN ('text', 'varchar', 'bpchar') THEN 'word'
                WHEN k.typname = 'bool' THEN 'switch'
                WHEN k.typname IN ('int2', 'int4', 'int8') THEN 'whole'
                WHEN k.typname IN ('numeric', 'float4', 'float8') THEN 'number'
                WHEN k.typname IN ('date', 'timestamp', 'timestamptz') THEN 'time'
                WHEN k.typname = 'uuid' THEN 'key'
                ELSE 'other'
            END,
            'enforced', a.attnotnull,
            'alone', EXISTS (
                SELECT FROM pg_catalog.pg_index AS x
                WHERE x.indrelid = c.oid AND x.indisunique AND x.indpred IS NULL
                    AND x.indnkeyatts = 1 AND x.indkey[0] = a.attnum
            ),
            'counting', a.attidentity <> '' OR coalesce(
                pg_catalog.pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%', false
            ) OR EXISTS (
                SELECT FROM pg_catalog.pg_constraint AS o
                WHERE o.conrelid = c.oid AND o.contype IN ('p', 'f') AND a.attnum = ANY (o.conkey)
            )
        ) ORDER BY a.attnum), '[]')
        FROM pg_catalog.pg_attribute AS a
        JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
        -- A domain is read as what it is made of.
        JOIN pg_catalog.pg_type AS k ON k.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
        LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS columns
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS e
        WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
    )
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
