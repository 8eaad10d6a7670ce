-- Which columns does each table compute and keep, and how?
SELECT format('%I.%I', n.nspname, c.relname), pg_relation_size(c.oid),
    array_agg(quote_ident(a.attname) ORDER BY a.attnum),
    array_agg(format('(%s)::%s', pg_get_expr(d.adbin, d.adrelid), format_type(a.atttypid, a.atttypmod))
              ORDER BY a.attnum)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = 's'
JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind = 'r' AND c.relpersistence = 'p'
GROUP BY c.oid, n.nspname, c.relname
ORDER BY 1
