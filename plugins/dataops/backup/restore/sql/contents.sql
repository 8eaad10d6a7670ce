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
UNION ALL
SELECT format('event trigger %I', evtname) FROM pg_event_trigger
UNION ALL
SELECT format('subscription %I', subname) FROM pg_subscription
 WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT format('foreign data wrapper %I', fdwname) FROM pg_foreign_data_wrapper
UNION ALL
SELECT format('default privileges of %s', defaclrole::regrole) FROM pg_default_acl
UNION ALL
SELECT format('collation %s', oid::regcollation) FROM pg_collation
 WHERE collnamespace = to_regnamespace('public')
UNION ALL
SELECT format('operator %s', oid::regoperator) FROM pg_operator
 WHERE oprnamespace = to_regnamespace('public')
UNION ALL
SELECT format('text search configuration %s', oid::regconfig) FROM pg_ts_config
 WHERE cfgnamespace = to_regnamespace('public')
UNION ALL
SELECT format('text search dictionary %s', oid::regdictionary) FROM pg_ts_dict
 WHERE dictnamespace = to_regnamespace('public')
UNION ALL
-- From here on by number: what initdb made is below 16384 (FirstNormalObjectId).
SELECT format('cast from %s to %s', castsource::regtype, casttarget::regtype) FROM pg_cast WHERE oid >= 16384
UNION ALL
SELECT format('language %I', lanname) FROM pg_language WHERE oid >= 16384
UNION ALL
SELECT format('access method %I', amname) FROM pg_am WHERE oid >= 16384
 LIMIT 5;
