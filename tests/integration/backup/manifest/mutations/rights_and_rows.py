"""Sequences, rights, comments and rows that came back otherwise."""

from __future__ import annotations

from tests.integration.backup.manifest.mutations.mutation import Mutation

RIGHTS_AND_ROWS = {
    "sequence's step": Mutation(
        "CREATE SEQUENCE m74", "ALTER SEQUENCE m74 INCREMENT 2", "sequence", "public.m74", "increment"
    ),
    "sequence behind": Mutation(
        "CREATE SEQUENCE m75; SELECT setval('m75', 10)",
        "SELECT setval('m75', 9)",
        "sequence",
        "public.m75",
        "next value",
    ),
    "descending sequence behind": Mutation(
        "CREATE SEQUENCE m76 INCREMENT -1; SELECT setval('m76', -10)",
        "SELECT setval('m76', -9)",
        "sequence",
        "public.m76",
        "next value",
    ),
    "sequence's owner column": Mutation(
        "CREATE TABLE m77 (a serial)",
        "ALTER SEQUENCE m77_a_seq OWNED BY NONE",
        "sequence",
        "public.m77_a_seq",
        "owned_by",
    ),
    "default privileges": Mutation(
        "ALTER DEFAULT PRIVILEGES FOR ROLE manifest_owner IN SCHEMA public"
        " GRANT SELECT ON TABLES TO manifest_reader",
        "ALTER DEFAULT PRIVILEGES FOR ROLE manifest_owner IN SCHEMA public"
        " GRANT INSERT ON TABLES TO manifest_reader",
        "default privilege",
        "for role manifest_owner in schema public on tables",
        "grants",
    ),
    "grant lost": Mutation(
        "CREATE TABLE m79 (a int); GRANT SELECT ON m79 TO manifest_reader",
        "REVOKE SELECT ON m79 FROM manifest_reader",
        "grant",
        "public.m79",
    ),
    "grant option lost": Mutation(
        "CREATE TABLE m80 (a int); GRANT SELECT ON m80 TO manifest_reader WITH GRANT OPTION",
        "REVOKE GRANT OPTION FOR SELECT ON m80 FROM manifest_reader",
        "grant",
        "public.m80",
        "grants",
    ),
    "column grant": Mutation(
        "CREATE TABLE m81 (a int)", "GRANT UPDATE (a) ON m81 TO manifest_reader", "grant", "public.m81.a"
    ),
    "public may execute again": Mutation(
        "CREATE FUNCTION m82() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "REVOKE EXECUTE ON FUNCTION m82 FROM PUBLIC",
        "GRANT EXECUTE ON FUNCTION m82 TO PUBLIC",
        "grant",
        "public.m82()",
    ),
    "grant on a type": Mutation(
        "CREATE DOMAIN m83 AS int", "REVOKE USAGE ON DOMAIN m83 FROM PUBLIC", "grant", "public.m83"
    ),
    "grant on a schema": Mutation(
        "CREATE SCHEMA m84", "GRANT USAGE ON SCHEMA m84 TO manifest_reader", "grant", "m84"
    ),
    "grant on a system function": Mutation(
        "GRANT EXECUTE ON FUNCTION pg_reload_conf() TO manifest_reader",
        "REVOKE EXECUTE ON FUNCTION pg_reload_conf() FROM manifest_reader",
        "grant",
        "pg_catalog.pg_reload_conf()",
    ),
    "grant on an extension's function": Mutation(
        "CREATE EXTENSION pgstattuple; GRANT EXECUTE ON FUNCTION pgstattuple(regclass) TO manifest_reader",
        "REVOKE EXECUTE ON FUNCTION pgstattuple(regclass) FROM manifest_reader",
        "grant",
        "public.pgstattuple(pg_catalog.regclass)",
    ),
    "owner of a table": Mutation(
        "CREATE TABLE m87 (a int)",
        "ALTER TABLE m87 OWNER TO manifest_owner",
        "owner",
        "public.m87",
        "owner",
    ),
    "owner of a function": Mutation(
        "CREATE FUNCTION m88() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION m88 OWNER TO manifest_owner",
        "owner",
        "public.m88()",
        "owner",
    ),
    "comment on a table": Mutation(
        "CREATE TABLE m89 (a int); COMMENT ON TABLE m89 IS 'one'",
        "COMMENT ON TABLE m89 IS 'other'",
        "comment",
        "public.m89",
        "comment",
    ),
    "comment on a column": Mutation(
        "CREATE TABLE m90 (a int); COMMENT ON COLUMN m90.a IS 'one'",
        "COMMENT ON COLUMN m90.a IS NULL",
        "comment",
        "public.m90.a",
    ),
    "comment on a constraint": Mutation(
        "CREATE TABLE m91 (a int CONSTRAINT m91_c CHECK (a > 0));COMMENT ON CONSTRAINT m91_c ON m91 IS 'one'",
        "COMMENT ON CONSTRAINT m91_c ON m91 IS NULL",
        "comment",
        "m91_c on public.m91",
    ),
    "schema missing": Mutation("CREATE SCHEMA m92", "DROP SCHEMA m92", "schema", "m92"),
    "access method missing": Mutation(
        "CREATE ACCESS METHOD m93 TYPE TABLE HANDLER heap_tableam_handler",
        "DROP ACCESS METHOD m93",
        "access method",
        "m93",
    ),
    "transform missing": Mutation(
        "CREATE TRANSFORM FOR money LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal))",
        "DROP TRANSFORM FOR money LANGUAGE sql",
        "transform",
        "for pg_catalog.money on language sql",
    ),
    "row changed": Mutation(
        "CREATE TABLE m95 AS SELECT i, i::numeric AS n FROM generate_series(1, 9) i",
        "UPDATE m95 SET n = 9.0 WHERE i = 9",
        "table content",
        "public.m95",
        "hash",
    ),
    "row lost": Mutation(
        "CREATE TABLE m96 AS SELECT i FROM generate_series(1, 9) i",
        "DELETE FROM m96 WHERE i = 9",
        "table content",
        "public.m96",
        "rows",
    ),
    "row twice": Mutation(
        "CREATE TABLE m97 AS SELECT i FROM generate_series(1, 9) i",
        "INSERT INTO m97 VALUES (9)",
        "table content",
        "public.m97",
        "rows",
    ),
    "row of a partition": Mutation(
        "CREATE TABLE m98 (a int) PARTITION BY LIST (a); CREATE TABLE m98_1 PARTITION OF m98 DEFAULT;"
        "INSERT INTO m98 VALUES (1), (2)",
        "UPDATE m98 SET a = 3 WHERE a = 2",
        "table content",
        "public.m98_1",
        "hash",
    ),
    "large object": Mutation(
        "SELECT lo_from_bytea(990099, 'one')",
        "SELECT lo_put(990099, 0, 'two')",
        "large objects",
        "",
        "hash",
    ),
    "language's grant": Mutation(
        "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
        "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC",
        "grant",
        "plpgsql",
    ),
}
