-- The tables of these names, with their columns, what the planner knows of them, and their indexes.
SELECT c.oid::bigint AS oid,
       n.nspname::text AS schema,
       c.relname::text AS name,
       nullif(c.reltuples, -1)::float8 AS rows,
       pg_relation_size(c.oid) AS bytes,
       c.relkind = 'p' AS partitioned,
       (SELECT jsonb_agg(jsonb_build_object(
                   'name', a.attname,
                   'type', format_type(a.atttypid, NULL),
                   'distinct', s.n_distinct,
                   'null_share', s.null_frac,
                   'width', s.avg_width))
          FROM pg_attribute a
          LEFT JOIN pg_stats s
            ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
               AND s.inherited = (c.relkind = 'p')
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       (SELECT coalesce(jsonb_agg(jsonb_build_object(
                   'oid', i.indexrelid::bigint,
                   'name', k.relname,
                   'keys', ARRAY(SELECT pg_get_indexdef(i.indexrelid, g, true)
                                   FROM generate_series(1, i.indnkeyatts) AS g),
                   'included', ARRAY(SELECT a.attname
                                       FROM generate_series(i.indnkeyatts, i.indnatts - 1) AS g
                                       JOIN pg_attribute a
                                         ON a.attrelid = i.indrelid AND a.attnum = i.indkey[g]),
                   'predicate', coalesce(pg_get_expr(i.indpred, i.indrelid, true), ''),
                   'method', m.amname,
                   'unique', i.indisunique,
                   'valid', i.indisvalid,
                   'bytes', pg_relation_size(i.indexrelid)) ORDER BY k.relname), '[]')
          FROM pg_index i
          JOIN pg_class k ON k.oid = i.indexrelid
          JOIN pg_am m ON m.oid = k.relam
         WHERE i.indrelid = c.oid) AS indexes
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relname = ANY(%(names)s)
   AND c.relkind IN ('r', 'p', 'm')
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND NOT pg_is_other_temp_schema(n.oid)
 ORDER BY n.nspname, c.relname
