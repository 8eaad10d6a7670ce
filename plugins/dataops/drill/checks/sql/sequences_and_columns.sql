-- Which sequence numbers which column: as its owner, as an identity, or by the column's default?
-- A sequence that cycles comes back to used numbers by design. Columns must be numbers.
WITH numbers AS (
    SELECT d.objid AS sequence, d.refobjid AS relid, d.refobjsubid AS attnum
    FROM pg_depend AS d
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
        AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
    UNION
    SELECT d.refobjid, e.adrelid, e.adnum
    FROM pg_attrdef AS e
    JOIN pg_depend AS d
        ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid AND d.refclassid = 'pg_class'::regclass
    WHERE pg_get_expr(e.adbin, e.adrelid) LIKE 'nextval(%'
)
SELECT format('%I.%I', sn.nspname, sc.relname), format('%I.%I', n.nspname, c.relname), quote_ident(a.attname),
    s.seqincrement
FROM numbers
JOIN pg_sequence AS s ON s.seqrelid = numbers.sequence
JOIN pg_class AS sc ON sc.oid = s.seqrelid
JOIN pg_namespace AS sn ON sn.oid = sc.relnamespace
JOIN pg_class AS c ON c.oid = numbers.relid AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = numbers.attnum
JOIN pg_type AS t ON t.oid = a.atttypid
WHERE NOT s.seqcycle
    AND coalesce(nullif(t.typbasetype, 0), t.oid) IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
    AND n.nspname !~ '^pg_'
    AND (pg_get_expr((SELECT adbin FROM pg_attrdef WHERE adrelid = c.oid AND adnum = a.attnum), c.oid) LIKE 'nextval(%'
         OR a.attidentity <> '')
ORDER BY 1, 2, 3
