-- Do the collations still sort as they did when the indexes were built?
WITH used AS (
    SELECT k.collation_oid, count(DISTINCT i.indexrelid) AS indexes
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN unnest(i.indcollation::oid[]) AS k (collation_oid)
    WHERE k.collation_oid <> 0 AND n.nspname <> 'pg_catalog'
    GROUP BY 1
)
SELECT
    n.nspname || '.' || c.collname                          AS name,
    CASE c.collprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' ELSE 'builtin' END AS provider,
    c.collversion                                           AS recorded_version,
    pg_collation_actual_version(c.oid)                      AS actual_version,
    u.indexes                                               AS indexes
FROM used u
JOIN pg_collation c ON c.oid = u.collation_oid
JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE c.collprovider <> 'd'
UNION ALL
SELECT
    'default',
    CASE d.datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' ELSE 'builtin' END, -- since 15
    d.datcollversion, -- since 15
    pg_database_collation_actual_version(d.oid), -- since 15
    NULL, NULL, NULL, -- until 14
    (SELECT sum(u.indexes)::bigint FROM used u JOIN pg_collation c ON c.oid = u.collation_oid
      WHERE c.collprovider = 'd')
FROM pg_database d
WHERE d.datname = current_database()
