-- What does each foreign key demand, as an anti-join? A partition's own copy of its parent's is left out.
-- Of one with a PERIOD, since 18, the last column is apart: all rows that it names together have to cover it.
SELECT quote_ident(k.conname),
    CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', n.nspname, c.relname),
    CASE WHEN f.relkind = 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', fn.nspname, f.relname),
    columns.joined, columns.filled,
    CASE k.confmatchtype WHEN 'f' THEN columns.partly END,
    CASE WHEN kind.temporal THEN columns.keys END, columns.period, columns.covered,
    CASE WHEN NOT kind.enforced THEN 'NOT ENFORCED: the server never claimed it'
         WHEN NOT k.convalidated THEN 'NOT VALID: the server never claimed it for older rows' ELSE '' END,
    CASE WHEN c.relkind = 'p' THEN (SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(c.oid))::bigint
         ELSE pg_relation_size(c.oid) END
FROM pg_constraint AS k
JOIN pg_class AS c ON c.oid = k.conrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_class AS f ON f.oid = k.confrelid
JOIN pg_namespace AS fn ON fn.oid = f.relnamespace
CROSS JOIN LATERAL (
    SELECT coalesce((to_jsonb(k) ->> 'conperiod')::boolean, false) AS temporal,
        coalesce((to_jsonb(k) ->> 'conenforced')::boolean, true) AS enforced
) AS kind
CROSS JOIN LATERAL (
    SELECT string_agg(format('there.%I OPERATOR(%I.%s) here.%I', pk.attname, os.nspname, o.oprname, fk.attname), ' AND ')
            FILTER (WHERE x.is_key),
        string_agg(format('here.%I IS NOT NULL', fk.attname), ' AND '),
        format('num_nulls(%1$s) NOT IN (0, %2$s)', string_agg(format('here.%I', fk.attname), ', '), count(*)),
        string_agg(format('there.%I', pk.attname), ', ') FILTER (WHERE x.is_key),
        max(format('here.%I', fk.attname)) FILTER (WHERE NOT x.is_key),
        max(format('there.%I', pk.attname)) FILTER (WHERE NOT x.is_key)
    FROM (
        SELECT ours, theirs, operator, NOT kind.temporal OR place < cardinality(k.conkey) AS is_key
        FROM unnest(k.conkey, k.confkey, k.conpfeqop) WITH ORDINALITY AS u (ours, theirs, operator, place)
    ) AS x
    JOIN pg_attribute AS fk ON fk.attrelid = k.conrelid AND fk.attnum = x.ours
    JOIN pg_attribute AS pk ON pk.attrelid = k.confrelid AND pk.attnum = x.theirs
    JOIN pg_operator AS o ON o.oid = x.operator
    JOIN pg_namespace AS os ON os.oid = o.oprnamespace
) AS columns (joined, filled, partly, keys, period, covered)
WHERE k.contype = 'f' AND k.conparentid = 0
ORDER BY 2, 1
