-- How large is every table? Measured for the {measured} largest, which costs a look into the cache and at the files
-- of each; of the others, and of those that somebody holds an exclusive lock on, by what vacuum last counted.
WITH locked AS MATERIALIZED (
    SELECT DISTINCT coalesce(i.indrelid, o.oid, l.relation) AS oid
    FROM pg_locks l
    LEFT JOIN pg_index x ON x.indexrelid = l.relation
    LEFT JOIN pg_class toast ON toast.reltoastrelid = coalesce(x.indrelid, l.relation) AND toast.reltoastrelid <> 0
    LEFT JOIN pg_class o ON o.oid = toast.oid
    LEFT JOIN pg_index i ON i.indexrelid = l.relation AND o.oid IS NULL
    WHERE l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
),
counted AS (
    SELECT indrelid, sum(c.relpages)::bigint AS pages
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid
    GROUP BY indrelid
),
found AS MATERIALIZED (
    SELECT
        c.oid, c.reltoastrelid, c.relpages::bigint AS pages,
        coalesce(t.relpages, 0)::bigint + coalesce(ti.pages, 0) AS toast_pages,
        coalesce(x.pages, 0) AS index_pages,
        current_setting('block_size')::bigint AS block,
        c.oid NOT IN (SELECT oid FROM locked)
            AND row_number() OVER (
                ORDER BY c.relpages + coalesce(t.relpages, 0) + pg_stat_get_live_tuples(c.oid) / 100 DESC
            ) <= {measured} AS measured
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
    LEFT JOIN counted x ON x.indrelid = c.oid
    LEFT JOIN counted ti ON ti.indrelid = t.oid
    WHERE c.relkind IN ('r', 'm')
      AND c.relpersistence <> 't'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema')
),
sized AS MATERIALIZED (
    SELECT
        oid,
        measured,
        CASE WHEN measured THEN pg_relation_size(oid) ELSE pages * block END AS heap_bytes,
        CASE WHEN measured THEN pg_relation_size(oid, 'fsm') + pg_relation_size(oid, 'vm') ELSE 0 END AS map_bytes,
        CASE WHEN reltoastrelid = 0 THEN 0
             WHEN measured THEN pg_total_relation_size(reltoastrelid) ELSE toast_pages * block END AS toast_bytes,
        CASE WHEN measured THEN pg_indexes_size(oid) ELSE index_pages * block END AS index_bytes
    FROM found
)
SELECT
    oid::bigint                                             AS oid,
    measured                                                AS measured,
    heap_bytes                                              AS heap_bytes,
    toast_bytes                                             AS toast_bytes,
    index_bytes                                             AS index_bytes,
    heap_bytes + map_bytes + toast_bytes + index_bytes      AS total_bytes
FROM sized
