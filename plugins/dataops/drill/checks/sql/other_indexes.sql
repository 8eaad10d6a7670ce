-- Which indexes are not btrees, and by which operator of its class can each be asked for its own values?
-- A full-text vector is asked for by one of its words.
WITH preferred (name, rank) AS (
    VALUES ('=', 1), ('~=', 2), ('&&', 3), ('@>', 4), ('<@', 5), ('~~', 6), ('~', 7)
)
SELECT quote_ident(c.relname), 'ONLY ' || format('%I.%I', n.nspname, t.relname),
    pg_relation_size(t.oid), c.oid::bigint, t.oid::bigint,
    '(' || pg_get_indexdef(c.oid, 1, false) || ')'
        || CASE WHEN i.indcollation[0] <> 0 THEN ' COLLATE ' || i.indcollation[0]::regcollation ELSE '' END,
    CASE WHEN k.opcintype = 'tsvector'::regtype THEN 'OPERATOR(pg_catalog.@@)' ELSE (
        SELECT format('OPERATOR(%I.%s)', os.nspname, o.oprname)
        FROM pg_amop AS p
        JOIN pg_operator AS o ON o.oid = p.amopopr
        JOIN pg_namespace AS os ON os.oid = o.oprnamespace
        JOIN preferred ON preferred.name = o.oprname
        WHERE p.amopfamily = k.opcfamily AND p.amoppurpose = 's'
            AND p.amoplefttype = k.opcintype AND p.amoprighttype = k.opcintype
        ORDER BY preferred.rank LIMIT 1
    ) END, k.opcname, coalesce(pg_get_expr(i.indpred, i.indrelid), '')
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i' AND c.relpersistence <> 't'
JOIN pg_am AS m ON m.oid = c.relam AND m.amname <> 'btree'
JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = t.relnamespace
JOIN pg_opclass AS k ON k.oid = i.indclass[0]
WHERE i.indisvalid AND n.nspname !~ '^pg_'
ORDER BY 2, 1
