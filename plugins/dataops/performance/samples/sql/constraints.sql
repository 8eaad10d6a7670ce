-- Which constraints are there, are they proved, and does an index help to keep the foreign keys?
WITH locked AS MATERIALIZED (
    SELECT DISTINCT relation AS oid
    FROM pg_locks
    WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT
    c.oid::bigint                                           AS oid,
    n.nspname::text                                         AS schema,
    c.conrelid::bigint                                      AS "table",
    t.relname::text                                         AS table_name,
    c.conname::text                                         AS name,
    CASE c.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
                   WHEN 'c' THEN 'check' ELSE 'exclusion' END AS kind,
    (SELECT json_agg(a.attname ORDER BY k.place)
       FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) AS columns,
    nullif(c.confrelid, 0)::bigint                          AS referenced_table,
    rn.nspname::text                                        AS referenced_schema,
    r.relname::text                                         AS referenced_name,
    (SELECT json_agg(a.attname ORDER BY k.place)
       FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
       JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number) AS referenced_columns,
    CASE WHEN c.contype = 'f' THEN
        CASE c.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'
                           WHEN 'n' THEN 'set null' ELSE 'set default' END END AS on_delete,
    CASE WHEN c.contype = 'f' THEN
        CASE c.confupdtype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'
                           WHEN 'n' THEN 'set null' ELSE 'set default' END END AS on_update,
    c.convalidated                                          AS validated,
    c.conenforced                                           AS enforced, -- since 18
    CASE WHEN c.contype = 'f' THEN EXISTS (
        SELECT FROM pg_index i
        WHERE i.indrelid = c.conrelid AND i.indisvalid AND i.indpred IS NULL
          AND cardinality(c.conkey) <= i.indnkeyatts
          AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
    ) END                                                   AS indexed,
    -- To write out an expression the server would wait for the table.
    CASE WHEN c.contype NOT IN ('c', 'x') OR c.conrelid NOT IN (SELECT oid FROM locked)
         THEN pg_get_constraintdef(c.oid) END               AS definition
FROM pg_constraint c
JOIN pg_class t ON t.oid = c.conrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
LEFT JOIN pg_class r ON r.oid = c.confrelid
LEFT JOIN pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.contype IN ('p', 'u', 'f', 'c', 'x')
  AND c.conparentid = 0
  AND t.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema')
