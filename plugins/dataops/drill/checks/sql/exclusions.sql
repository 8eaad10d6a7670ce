-- Which rows exclude each other, by which operators? Keys WITHOUT OVERLAPS, since 18, exclude too.
SELECT quote_ident(k.conname), 'ONLY ' || format('%I.%I', n.nspname, t.relname), pg_relation_size(t.oid),
    string_agg(format('a.%1$I OPERATOR(%2$I.%3$s) b.%1$I', a.attname, os.nspname, o.oprname), ' AND '),
    coalesce(pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_constraint AS k
JOIN pg_class AS t ON t.oid = k.conrelid AND t.relkind = 'r'
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_index AS i ON i.indexrelid = k.conindid
CROSS JOIN LATERAL unnest(k.conkey, k.conexclop) AS x (attnum, operator)
JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = x.attnum
JOIN pg_operator AS o ON o.oid = x.operator
JOIN pg_namespace AS os ON os.oid = o.oprnamespace
WHERE k.conexclop IS NOT NULL AND i.indisvalid AND i.indexprs IS NULL
GROUP BY k.conname, n.nspname, t.relname, t.oid, i.indpred, i.indrelid
ORDER BY 2, 1
