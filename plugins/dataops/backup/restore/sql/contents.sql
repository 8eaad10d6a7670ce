-- What is in this database that a new database would not have?
SELECT format('schema %I', nspname) FROM pg_namespace
 WHERE nspname NOT IN ('public', 'information_schema') AND nspname !~ '^pg_'
UNION ALL
SELECT format('relation %s', oid::regclass) FROM pg_class
 WHERE relnamespace = to_regnamespace('public')
UNION ALL
SELECT format('function %s', oid::regprocedure) FROM pg_proc
 WHERE pronamespace = to_regnamespace('public')
UNION ALL
SELECT format('type %s', oid::regtype) FROM pg_type
 WHERE typnamespace = to_regnamespace('public') AND typrelid = 0
UNION ALL
SELECT format('extension %I', extname) FROM pg_extension
 WHERE extname <> 'plpgsql'
UNION ALL
SELECT format('publication %I', pubname) FROM pg_publication
UNION ALL
SELECT format('large object %s', oid) FROM pg_largeobject_metadata
 LIMIT 5;
