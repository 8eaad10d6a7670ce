-- Which large btree indexes keep their table's columns as they are, so that queries can hold key against key?
-- Not partial, no expression, no INCLUDE column; by default operator classes whose equal keys have the same bytes
-- (support function 4, which allows deduplication), stored as the column's own type, sorted by its own collation.
SELECT i.indexrelid::bigint, c.relname, format('%%I.%%I', n.nspname, t.relname), pg_relation_size(c.oid),
    greatest(t.reltuples, 0)::bigint, pg_relation_size(t.oid) / current_setting('block_size')::int,
    keys.columns, keys.sorting, keys.type, keys.nullable, i.indisunique AND NOT keys.any_nullable
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'btree'
JOIN pg_class AS t ON t.oid = i.indrelid AND t.relkind = 'r' AND t.relpersistence = 'p'
JOIN pg_am AS tm ON tm.oid = t.relam AND tm.amname = 'heap'
JOIN pg_namespace AS n ON n.oid = t.relnamespace AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
CROSS JOIN LATERAL (
    SELECT array_agg(quote_ident(a.attname) ORDER BY x.place) AS columns,
        string_agg(quote_ident(a.attname) || CASE WHEN x.option & 1 = 0 THEN ' ASC' ELSE ' DESC' END
            || CASE WHEN x.option & 2 = 0 THEN ' NULLS LAST' ELSE ' NULLS FIRST' END, ', ' ORDER BY x.place) AS sorting,
        (array_agg(format_type(a.atttypid, -1) ORDER BY x.place))[1] AS type,
        NOT (array_agg(a.attnotnull ORDER BY x.place))[1] AS nullable,
        NOT bool_and(a.attnotnull) AS any_nullable,
        bool_and(k.opcdefault AND k.opckeytype = 0 AND x.sorting = a.attcollation
            AND y.typarray <> 0 AND k.opcintype NOT IN ('bpchar'::regtype, 'name'::regtype)
            AND coalesce(o.collisdeterministic, true)
            AND EXISTS (SELECT FROM pg_amproc AS p JOIN pg_proc AS f ON f.oid = p.amproc
                        WHERE p.amprocfamily = k.opcfamily AND p.amprocnum = 4
                            AND p.amproclefttype = k.opcintype AND p.amprocrighttype = k.opcintype
                            AND f.proname IN ('btequalimage', 'btvarstrequalimage'))) AS plain
    FROM unnest(i.indkey::int2[], i.indclass::oid[], i.indcollation::oid[], i.indoption::int2[])
        WITH ORDINALITY AS x (attnum, opclass, sorting, option, place)
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = x.attnum
    JOIN pg_type AS y ON y.oid = a.atttypid
    JOIN pg_opclass AS k ON k.oid = x.opclass
    LEFT JOIN pg_collation AS o ON o.oid = x.sorting
) AS keys
WHERE i.indisvalid AND i.indisready AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indnatts = i.indnkeyatts
    AND keys.plain AND pg_relation_size(c.oid) > %(larger_than)s
