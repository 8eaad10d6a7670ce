-- What does each foreign key demand, as an anti-join? A partition's own copy of its parent's is left out.
SELECT quote_ident(k.conname),
    CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', n.nspname, c.relname),
    CASE WHEN f.relkind = 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', fn.nspname, f.relname),
    columns.joined, columns.filled,
    CASE k.confmatchtype WHEN 'f' THEN columns.partly END,
    k.convalidated,
    CASE WHEN c.relkind = 'p' THEN (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(c.oid))::bigint
         ELSE pg_relation_size(c.oid) END
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS f ON f.oid = k.confrelid
JOIN pg_namespace AS fn ON fn.oid = f.relnamespace
CROSS JOIN LATERAL (
    SELECT string_agg(format('there.%I OPERATOR(%I.%s) here.%I', pk.attname, os.nspname, o.oprname, fk.attname), ' AND '),
        string_agg(format('here.%I IS NOT NULL', fk.attname), ' AND '),
        format('num_nulls(%1$s) NOT IN (0, %2$s)', string_agg(format('here.%I', fk.attname), ', '), count(*))
    FROM unnest(k.conkey, k.confkey, k.conpfeqop) AS x (ours, theirs, operator)
    JOIN pg_attribute AS fk ON fk.attrelid = k.conrelid AND fk.attnum = x.ours
    JOIN pg_attribute AS pk ON pk.attrelid = k.confrelid AND pk.attnum = x.theirs
    JOIN pg_operator AS o ON o.oid = x.operator
    JOIN pg_namespace AS os ON os.oid = o.oprnamespace
) AS columns (joined, filled, partly)
WHERE k.contype = 'f' AND k.conparentid = 0
ORDER BY 2, 1
