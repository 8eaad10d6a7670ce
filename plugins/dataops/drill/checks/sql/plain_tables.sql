-- Which tables can be tried without a policy, a rule or a foreign server having its say?
SELECT format('%I.%I', n.nspname, c.relname)
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND NOT c.relrowsecurity AND NOT c.relhasrules
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
