-- What is every index, and how large? Sizes as of tables: measured for the {measured} largest.
WITH locked AS MATERIALIZED (
    SELECT DISTINCT relation AS oid
    FROM pg_locks
    WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
),
listed AS MATERIALIZED (
    SELECT
        i.*, c.relname, c.relnamespace, c.relam, c.relpages, t.relname AS table_name, t.relreplident,
        c.oid NOT IN (SELECT oid FROM locked)
            AND row_number() OVER (
                ORDER BY c.relpages + pg_stat_get_live_tuples(i.indrelid) / 300 DESC
            ) <= {measured} AS measured
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    -- To write out a definition the server locks the table: what is locked now is told by another sample.
    WHERE t.oid NOT IN (SELECT oid FROM locked)
      AND c.relkind = 'i'
      AND t.relkind IN ('r', 'm')
      AND c.relpersistence <> 't'
      AND n.nspname NOT IN ('pg_catalog', 'information_schema')
),
keyed AS (
    SELECT
        l.indexrelid,
        json_agg(coalesce(a.attname::text, pg_get_indexdef(l.indexrelid, k.place::int, true)) ORDER BY k.place)
            FILTER (WHERE k.place <= l.indnkeyatts)         AS columns,
        json_agg(a.attname ORDER BY k.place) FILTER (WHERE k.place > l.indnkeyatts) AS included,
        json_agg(concat(opn.nspname, '.', op.opcname, ia.attoptions::text) ORDER BY k.place)
            FILTER (WHERE k.place <= l.indnkeyatts)         AS opclasses,
        json_agg(coalesce(con.nspname || '.' || co.collname, '') ORDER BY k.place)
            FILTER (WHERE k.place <= l.indnkeyatts)         AS collations,
        json_agg(
            CASE WHEN k.option & 1 = 1 THEN 'desc' ELSE 'asc' END
            || CASE WHEN k.option & 2 = 2 THEN ' nulls first' ELSE ' nulls last' END ORDER BY k.place
        ) FILTER (WHERE k.place <= l.indnkeyatts)           AS orderings
    FROM listed l
    CROSS JOIN unnest(l.indkey::int2[], l.indclass::oid[], l.indcollation::oid[], l.indoption::int2[])
        WITH ORDINALITY AS k (attnum, opclass, collation_oid, option, place)
    LEFT JOIN pg_attribute a ON a.attrelid = l.indrelid AND a.attnum = k.attnum AND k.attnum <> 0
    LEFT JOIN pg_attribute ia ON ia.attrelid = l.indexrelid AND ia.attnum = k.place AND ia.attoptions IS NOT NULL
    LEFT JOIN pg_opclass op ON op.oid = k.opclass
    LEFT JOIN pg_namespace opn ON opn.oid = op.opcnamespace
    LEFT JOIN pg_collation co ON co.oid = k.collation_oid
    LEFT JOIN pg_namespace con ON con.oid = co.collnamespace
    GROUP BY l.indexrelid
)
SELECT
    l.indexrelid::bigint                                    AS oid,
    n.nspname::text                                         AS schema,
    l.relname::text                                         AS name,
    l.indrelid::bigint                                      AS "table",
    l.table_name::text                                      AS table_name,
    am.amname::text                                         AS method,
    k.columns                                               AS columns,
    k.included                                              AS included,
    k.opclasses                                             AS opclasses,
    k.collations                                            AS collations,
    k.orderings                                             AS orderings,
    pg_get_expr(l.indpred, l.indrelid)                      AS predicate,
    l.indexprs IS NOT NULL                                  AS expression,
    l.indisunique                                           AS "unique",
    l.indnullsnotdistinct                                   AS nulls_not_distinct, -- since 15
    own.conname::text                                       AS "constraint",
    CASE own.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'x' THEN 'exclusion' END
                                                            AS constraint_kind,
    f.conindid IS NOT NULL                                  AS referenced,
    l.indisreplident OR (l.indisprimary AND l.relreplident = 'd') AS replica_identity,
    l.indisclustered                                        AS clustered,
    l.indisvalid AND l.indisready                           AS valid,
    h.inhparent::bigint                                     AS parent,
    -- That of a constraint's index is never needed to make it again, and costs a lock on its table.
    CASE WHEN own.conname IS NULL OR l.measured THEN pg_get_indexdef(l.indexrelid) END AS definition,
    CASE WHEN l.measured THEN pg_relation_size(l.indexrelid)
         ELSE l.relpages * current_setting('block_size')::bigint END AS bytes
FROM listed l
JOIN keyed k USING (indexrelid)
JOIN pg_namespace n ON n.oid = l.relnamespace
JOIN pg_am am ON am.oid = l.relam
LEFT JOIN pg_constraint own ON own.conindid = l.indexrelid AND own.conrelid = l.indrelid
    AND own.contype IN ('p', 'u', 'x')
LEFT JOIN (SELECT DISTINCT conindid FROM pg_constraint WHERE contype = 'f') f ON f.conindid = l.indexrelid
LEFT JOIN pg_inherits h ON h.inhrelid = l.indexrelid
