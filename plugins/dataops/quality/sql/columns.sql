-- The columns of one table as a suite sees them, in their order; no row where there is no such table.
-- `cast_to` is the type to read a column as: Great Expectations' reflection fails on types that it does not know.
SELECT
    a.attname AS name,
    CASE
        WHEN coalesce(b.oid, t.oid) IN (
            'bool'::regtype, 'int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype,
            'float4'::regtype, 'float8'::regtype, 'text'::regtype, 'varchar'::regtype, 'date'::regtype,
            'timestamp'::regtype, 'timestamptz'::regtype
        ) THEN CASE WHEN b.oid IS NOT NULL THEN format_type(b.oid, NULL) ELSE '' END
        ELSE 'text'
    END AS cast_to
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type AS b ON b.oid = t.typbasetype
WHERE n.nspname = %(schema)s AND c.relname = %(table)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
ORDER BY a.attnum
