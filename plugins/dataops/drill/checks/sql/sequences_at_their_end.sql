-- What may each sequence give at most, by its own bounds and by the type of the column that it numbers?
SELECT format('%I.%I', n.nspname, c.relname), s.seqincrement > 0,
    least(s.seqmax, min(CASE col.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647 END)),
    greatest(s.seqmin,
             max(CASE col.atttypid WHEN 'int2'::regtype THEN -32768 WHEN 'int4'::regtype THEN -2147483648 END))
FROM pg_sequence AS s
JOIN pg_class AS c ON c.oid = s.seqrelid AND c.relpersistence <> 't'
JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_depend AS d
    ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
    AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_attribute AS col ON col.attrelid = d.refobjid AND col.attnum = d.refobjsubid
WHERE NOT s.seqcycle
GROUP BY n.nspname, c.relname, s.seqincrement, s.seqmax, s.seqmin
ORDER BY 1
