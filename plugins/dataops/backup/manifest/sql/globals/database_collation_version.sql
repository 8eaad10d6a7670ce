-- since 15
-- Which version of the C or ICU library sorts this database? Another one may sort otherwise, and corrupt indexes.
SELECT 'database' AS identity,
    jsonb_strip_nulls(jsonb_build_object('version', pg_database_collation_actual_version(here.oid))) AS facts
FROM here
