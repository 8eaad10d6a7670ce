"""What each major brought that a schema or a role can hold, with a change of it that a manifest must see."""

from __future__ import annotations

from collections.abc import Mapping

from tests.integration.backup.manifest.mutations import Mutation

SETUP = """
CREATE TABLE novel_parent (id int PRIMARY KEY, other int UNIQUE);
CREATE FUNCTION novel_fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE EXTENSION btree_gist;
"""
ROLES = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'novel_group') THEN
        CREATE ROLE novel_group;
        CREATE ROLE novel_member LOGIN;
        GRANT novel_group TO novel_member;
    END IF;
END $$;
"""

IN_A_DATABASE: Mapping[int, Mapping[str, Mutation]] = {
    14: {
        "compression of a column": Mutation(
            "CREATE TABLE n14a (a text COMPRESSION pglz)",
            "ALTER TABLE n14a ALTER a SET COMPRESSION default",
            "column",
            "public.n14a.a",
            "compression",
        ),
        "body of a function in SQL": Mutation(
            "CREATE FUNCTION n14b() RETURNS int BEGIN ATOMIC SELECT 1; END",
            "CREATE OR REPLACE FUNCTION n14b() RETURNS int BEGIN ATOMIC SELECT 2; END",
            "function",
            "public.n14b()",
            "definition",
        ),
        "name of a multirange": Mutation(
            "CREATE TYPE n14c AS RANGE (subtype = float8, multirange_type_name = n14c_many)",
            "DROP TYPE n14c; CREATE TYPE n14c AS RANGE (subtype = float8, multirange_type_name = n14c_other)",
            "type",
            "public.n14c",
            "multirange",
        ),
        "statistics on an expression": Mutation(
            "CREATE TABLE n14d (a int); CREATE STATISTICS n14d_s ON (a + 1), (a + 2) FROM n14d",
            "DROP STATISTICS n14d_s; CREATE STATISTICS n14d_s ON (a + 1), (a + 3) FROM n14d",
            "extended statistics",
            "public.n14d_s",
            "definition",
        ),
        "argument mode OUT of a procedure": Mutation(
            "CREATE PROCEDURE n14e(OUT a int) LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE PROCEDURE n14e(OUT a int) LANGUAGE sql AS 'SELECT 2'",
            "function",
            "public.n14e()",
            "definition",
        ),
    },
    15: {
        "nulls that count as equal": Mutation(
            "CREATE TABLE n15a (a int); CREATE UNIQUE INDEX n15a_i ON n15a (a) NULLS NOT DISTINCT",
            "DROP INDEX n15a_i; CREATE UNIQUE INDEX n15a_i ON n15a (a)",
            "index",
            "public.n15a_i",
            "definition",
        ),
        "rights of a view's caller": Mutation(
            "CREATE VIEW n15b WITH (security_invoker) AS SELECT 1 AS a",
            "ALTER VIEW n15b RESET (security_invoker)",
            "view",
            "public.n15b",
            "options",
        ),
        "columns that a foreign key sets to null": Mutation(
            "CREATE TABLE n15c (a int, b int, CONSTRAINT n15c_fk FOREIGN KEY (a) REFERENCES novel_parent "
            "ON DELETE SET NULL (a))",
            "ALTER TABLE n15c DROP CONSTRAINT n15c_fk, ADD CONSTRAINT n15c_fk FOREIGN KEY (a) "
            "REFERENCES novel_parent ON DELETE SET NULL",
            "constraint",
            "n15c_fk on public.n15c",
            "definition",
        ),
        "rows that a publication publishes": Mutation(
            "CREATE TABLE n15d (a int PRIMARY KEY); CREATE PUBLICATION n15d FOR TABLE n15d WHERE (a > 0)",
            "ALTER PUBLICATION n15d SET TABLE n15d WHERE (a > 1)",
            "publication filter",
            "public.n15d in publication n15d",
            "rows",
        ),
    },
    16: {
        "rules of a collation": Mutation(
            "CREATE COLLATION n16a (provider = icu, locale = 'und', rules = '&a < g')",
            "DROP COLLATION n16a; CREATE COLLATION n16a (provider = icu, locale = 'und', rules = '&b < g')",
            "collation",
            "public.n16a",
            "rules",
        ),
        "whose changes a subscription takes": Mutation(
            "CREATE SUBSCRIPTION n16b CONNECTION 'host=nowhere' PUBLICATION p "
            "WITH (connect = false, origin = none, slot_name = none)",
            "ALTER SUBSCRIPTION n16b SET (origin = any)",
            "subscription",
            "n16b",
            "suborigin",
        ),
        "as whom a subscription writes": Mutation(
            "CREATE SUBSCRIPTION n16c CONNECTION 'host=nowhere' PUBLICATION p "
            "WITH (connect = false, run_as_owner = true, slot_name = none)",
            "ALTER SUBSCRIPTION n16c SET (run_as_owner = false)",
            "subscription",
            "n16c",
            "subrunasowner",
        ),
        "storage in the making of a column": Mutation(
            "CREATE TABLE n16d (a text STORAGE external)",
            "ALTER TABLE n16d ALTER a SET STORAGE default",
            "column",
            "public.n16d.a",
            "storage",
        ),
    },
    17: {
        "right to maintain": Mutation(
            "CREATE TABLE n17a (a int); GRANT MAINTAIN ON n17a TO novel_group",
            "REVOKE MAINTAIN ON n17a FROM novel_group",
            "grant",
            "public.n17a",
        ),
        "trigger on logins": Mutation(
            "CREATE FUNCTION n17b() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
            "CREATE EVENT TRIGGER n17b ON login EXECUTE FUNCTION n17b(); ALTER EVENT TRIGGER n17b DISABLE",
            "DROP EVENT TRIGGER n17b",
            "event trigger",
            "n17b",
        ),
        "collation of the builtin provider": Mutation(
            "CREATE COLLATION n17c (provider = builtin, locale = 'C.UTF-8')",
            "DROP COLLATION n17c; CREATE COLLATION n17c (provider = builtin, locale = 'C')",
            "collation",
            "public.n17c",
            "locale",
        ),
        "NOT NULL of a domain": Mutation(
            "CREATE DOMAIN n17d AS int CONSTRAINT n17d_there NOT NULL",
            "ALTER DOMAIN n17d DROP NOT NULL",
            "constraint",
            "n17d_there on public.n17d",
        ),
        "identity of a partitioned table": Mutation(
            "CREATE TABLE n17e (a int GENERATED ALWAYS AS IDENTITY, b int) PARTITION BY LIST (b);"
            "CREATE TABLE n17e_1 PARTITION OF n17e FOR VALUES IN (1)",
            "ALTER TABLE n17e ALTER a SET GENERATED BY DEFAULT",
            "column",
            "public.n17e_1.a",
            "identity",
        ),
        "exclusion over partitions": Mutation(
            "CREATE TABLE n17f (a int, b int4range, CONSTRAINT n17f_x EXCLUDE USING gist "
            "(a WITH =, b WITH &&)) PARTITION BY LIST (a);"
            "CREATE TABLE n17f_1 PARTITION OF n17f FOR VALUES IN (1)",
            "ALTER TABLE n17f DROP CONSTRAINT n17f_x",
            "constraint",
            "n17f_x on public.n17f",
        ),
        "slot that a subscription keeps on standbys": Mutation(
            "CREATE SUBSCRIPTION n17g CONNECTION 'host=nowhere' PUBLICATION p "
            "WITH (connect = false, failover = true)",
            "ALTER SUBSCRIPTION n17g SET (slot_name = none); ALTER SUBSCRIPTION n17g SET (slot_name = x)",
            "subscription",
            "n17g",
            "subslotname",
        ),
        "access method of a partitioned table": Mutation(
            "CREATE ACCESS METHOD n17h_heap TYPE TABLE HANDLER heap_tableam_handler;"
            "CREATE TABLE n17h (a int) PARTITION BY LIST (a) USING n17h_heap",
            "ALTER TABLE n17h SET ACCESS METHOD heap",
            "table",
            "public.n17h",
            "access_method",
        ),
        "statistics target": Mutation(
            "CREATE TABLE n17i (a int); ALTER TABLE n17i ALTER a SET STATISTICS 0",
            "ALTER TABLE n17i ALTER a SET STATISTICS DEFAULT",
            "column",
            "public.n17i.a",
            "statistics",
        ),
    },
    18: {
        "virtual column": Mutation(
            "CREATE TABLE n18a (a int, b int GENERATED ALWAYS AS (a * 2))",
            "ALTER TABLE n18a ALTER b SET EXPRESSION AS (a * 3)",
            "column",
            "public.n18a.b",
            "default",
        ),
        "virtual column made a stored one": Mutation(
            "CREATE TABLE n18b (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL)",
            "ALTER TABLE n18b DROP b, ADD b int GENERATED ALWAYS AS (a * 2) STORED",
            "column",
            "public.n18b.b",
            "generated",
        ),
        "name of a NOT NULL": Mutation(
            "CREATE TABLE n18c (a int CONSTRAINT n18c_there NOT NULL)",
            "ALTER TABLE n18c DROP CONSTRAINT n18c_there, ADD CONSTRAINT n18c_other NOT NULL a",
            "constraint",
            "n18c_there on public.n18c",
        ),
        "NOT NULL that is not valid": Mutation(
            "CREATE TABLE n18d (a int); ALTER TABLE n18d ADD CONSTRAINT n18d_there NOT NULL a NOT VALID",
            "ALTER TABLE n18d VALIDATE CONSTRAINT n18d_there",
            "constraint",
            "n18d_there on public.n18d",
            "validated",
        ),
        "NOT NULL that is not inherited": Mutation(
            "CREATE TABLE n18e (a int CONSTRAINT n18e_there NOT NULL NO INHERIT)",
            "ALTER TABLE n18e ALTER CONSTRAINT n18e_there INHERIT",
            "constraint",
            "n18e_there on public.n18e",
            "definition",
        ),
        "temporal primary key": Mutation(
            "CREATE TABLE n18f (a int, d daterange, CONSTRAINT n18f_key PRIMARY KEY (a, d WITHOUT OVERLAPS))",
            "ALTER TABLE n18f DROP CONSTRAINT n18f_key, ADD CONSTRAINT n18f_key PRIMARY KEY (a, d)",
            "constraint",
            "n18f_key on public.n18f",
            "definition",
        ),
        "temporal foreign key": Mutation(
            "CREATE TABLE n18g (a int, d daterange, PRIMARY KEY (a, d WITHOUT OVERLAPS));"
            "CREATE TABLE n18g_of (a int, d daterange, "
            "CONSTRAINT n18g_fk FOREIGN KEY (a, PERIOD d) REFERENCES n18g (a, PERIOD d))",
            "ALTER TABLE n18g_of DROP CONSTRAINT n18g_fk",
            "constraint",
            "n18g_fk on public.n18g_of",
        ),
        "check that is not enforced": Mutation(
            "CREATE TABLE n18h (a int CONSTRAINT n18h_c CHECK (a > 0) NOT ENFORCED)",
            "ALTER TABLE n18h DROP CONSTRAINT n18h_c, ADD CONSTRAINT n18h_c CHECK (a > 0)",
            "constraint",
            "n18h_c on public.n18h",
            "definition",
        ),
        "foreign key that is not enforced": Mutation(
            "CREATE TABLE n18i (a int CONSTRAINT n18i_fk REFERENCES novel_parent NOT ENFORCED)",
            "ALTER TABLE n18i ALTER CONSTRAINT n18i_fk ENFORCED",
            "constraint",
            "n18i_fk on public.n18i",
            "definition",
        ),
        "generated columns that are published": Mutation(
            "CREATE PUBLICATION n18j FOR TABLE novel_parent WITH (publish_generated_columns = stored)",
            "ALTER PUBLICATION n18j SET (publish_generated_columns = none)",
            "publication",
            "n18j",
            "pubgencols",
        ),
        "default privileges of large objects": Mutation(
            "ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO novel_group",
            "ALTER DEFAULT PRIVILEGES REVOKE SELECT ON LARGE OBJECTS FROM novel_group",
            "default privilege",
            "for role postgres on large objects",
        ),
        "collation by Unicode's case folding": Mutation(
            "CREATE COLLATION n18l (provider = builtin, locale = 'PG_UNICODE_FAST')",
            "DROP COLLATION n18l; CREATE COLLATION n18l (provider = builtin, locale = 'C.UTF-8')",
            "collation",
            "public.n18l",
            "locale",
        ),
        "partition that has a NOT NULL of its own": Mutation(
            "CREATE TABLE n18m (a int, b int) PARTITION BY LIST (a);"
            "CREATE TABLE n18m_1 PARTITION OF n18m FOR VALUES IN (1);"
            "ALTER TABLE n18m_1 ADD CONSTRAINT n18m_own NOT NULL b",
            "ALTER TABLE n18m_1 DROP CONSTRAINT n18m_own",
            "constraint",
            "n18m_own on public.n18m_1",
        ),
    },
}
"""By the major that brought it: made with the source, then changed in the copy."""

AROUND: Mapping[int, Mapping[str, Mutation]] = {
    16: {
        "membership without its rights": Mutation(
            "",
            "GRANT novel_group TO novel_member WITH INHERIT FALSE",
            "role membership",
            "novel_member in novel_group by postgres",
            "inherit",
        ),
        "membership without SET ROLE": Mutation(
            "",
            "GRANT novel_group TO novel_member WITH SET FALSE",
            "role membership",
            "novel_member in novel_group by postgres",
            "set",
        ),
        "connections that are reserved": Mutation(
            "",
            "GRANT pg_use_reserved_connections TO novel_member",
            "role membership",
            "novel_member in pg_use_reserved_connections by postgres",
        ),
    },
    17: {
        "maintenance of everything": Mutation(
            "",
            "GRANT pg_maintain TO novel_member",
            "role membership",
            "novel_member in pg_maintain by postgres",
        ),
    },
    18: {
        "signals to autovacuum": Mutation(
            "",
            "GRANT pg_signal_autovacuum_worker TO novel_member",
            "role membership",
            "novel_member in pg_signal_autovacuum_worker by postgres",
        ),
    },
}
"""The same of what lives outside of a database: changed on the source itself, between two manifests."""


def up_to(major: int, novelties: Mapping[int, Mapping[str, Mutation]]) -> dict[str, Mutation]:
    """All that a server of this major knows."""
    return {
        f"{since}: {name}": mutation
        for since, some in novelties.items()
        if since <= major
        for name, mutation in some.items()
    }
