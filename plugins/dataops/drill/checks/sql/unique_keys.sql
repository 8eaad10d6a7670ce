-- Which unique indexes does the server enforce, on what, sorted and compared how?
-- Of the opclass's family: strategies 1 (less) and 3 (equal).
SELECT quote_ident(c.relname), 'ONLY ' || format('%I.%I', n.nspname, t.relname), pg_relation_size(t.oid),
    array_agg(key.expression ORDER BY key.place), array_agg(key.type ORDER BY key.place),
    array_agg(key.less ORDER BY key.place), array_agg(key.equal ORDER BY key.place),
    bool_and(key.usual), coalesce(pg_get_expr(i.indpred, i.indrelid), ''), {nulls_not_distinct}, i.indexrelid::bigint
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
JOIN pg_class AS t ON t.oid = i.indrelid AND t.relpersistence <> 't'
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'btree'
CROSS JOIN LATERAL (
    SELECT x.place,
        '(' || pg_get_indexdef(i.indexrelid, x.place::int, false) || ')'
            || CASE WHEN x.sorting <> 0 THEN ' COLLATE ' || x.sorting::regcollation ELSE '' END AS expression,
        format_type(a.atttypid, -1) AS type,
        (SELECT format('OPERATOR(%I.%s)', os.nspname, o.oprname)
         FROM pg_amop AS p JOIN pg_operator AS o ON o.oid = p.amopopr JOIN pg_namespace AS os ON os.oid = o.oprnamespace
         WHERE p.amopfamily = k.opcfamily AND p.amopstrategy = 1 AND p.amoplefttype = k.opcintype
             AND p.amoprighttype = k.opcintype) AS less,
        (SELECT format('OPERATOR(%I.%s)', os.nspname, o.oprname)
         FROM pg_amop AS p JOIN pg_operator AS o ON o.oid = p.amopopr JOIN pg_namespace AS os ON os.oid = o.oprnamespace
         WHERE p.amopfamily = k.opcfamily AND p.amopstrategy = 3 AND p.amoplefttype = k.opcintype
             AND p.amoprighttype = k.opcintype) AS equal,
        k.opcdefault AS usual
    FROM unnest(i.indclass::oid[], i.indcollation::oid[]) WITH ORDINALITY AS x (opclass, sorting, place)
    JOIN pg_opclass AS k ON k.oid = x.opclass
    JOIN pg_attribute AS a ON a.attrelid = i.indexrelid AND a.attnum = x.place
) AS key
WHERE i.indisunique AND i.indisvalid AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
GROUP BY i.indexrelid, c.relname, n.nspname, t.relname, t.oid, i.indpred, i.indrelid
ORDER BY 2, 1
