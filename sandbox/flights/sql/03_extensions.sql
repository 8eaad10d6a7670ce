-- Extensions, each in the schema where users look for it.
CREATE SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO PUBLIC;

CREATE EXTENSION hstore SCHEMA extensions;
CREATE EXTENSION citext SCHEMA extensions;
CREATE EXTENSION ltree SCHEMA extensions;
CREATE EXTENSION btree_gist SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
CREATE EXTENSION bloom SCHEMA extensions;
CREATE EXTENSION unaccent SCHEMA extensions;
CREATE EXTENSION file_fdw SCHEMA extensions;
CREATE EXTENSION postgres_fdw SCHEMA extensions;
CREATE EXTENSION amcheck SCHEMA extensions;
CREATE EXTENSION pg_stat_statements SCHEMA extensions;
CREATE EXTENSION hypopg SCHEMA extensions;

-- A privilege that differs from what the extension itself grants: dumps must carry the difference.
GRANT EXECUTE ON FUNCTION extensions.bt_index_check(regclass) TO flights_auditor;

COMMENT ON SCHEMA extensions IS 'Other people''s objects';
