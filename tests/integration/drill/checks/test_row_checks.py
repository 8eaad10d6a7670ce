"""Checks of rows and indexes: the manifest was taken of the broken state, so that only they can see it."""

from __future__ import annotations

from dataops.evidence.verdict import Verdict

from tests.integration.drill.checks.conftest import Shop

UNIQUE = """
CREATE EXTENSION btree_gist;
CREATE TABLE person (number int, name text, place text, twin int, span int4range);
CREATE UNIQUE INDEX unique_number ON person (number);
CREATE UNIQUE INDEX unique_name_place ON person (name, place);
CREATE UNIQUE INDEX unique_lower ON person (lower(name)) WHERE place = 'here';
CREATE UNIQUE INDEX unique_twin ON person (twin) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX unique_pattern ON person (name text_pattern_ops, number);
ALTER TABLE person ADD CONSTRAINT apart EXCLUDE USING gist (span WITH &&);
INSERT INTO person SELECT n, 'p' || n, 'there', n, int4range(10 * n, 10 * n + 5)
    FROM generate_series(1, 1000) n;
INSERT INTO person (name) SELECT NULL FROM generate_series(1, 1) n;
"""


def test_unique_keys_of_every_kind_are_unique(shop: Shop) -> None:
    ran = shop.twin(UNIQUE)
    assert not ran.red, ran.explain()


def test_duplicates_under_unique_indexes(shop: Shop) -> None:
    """Two rows of one key, where the index has only one: nothing but a look at the rows can tell."""
    duplicates = {
        "unique_number": "INSERT INTO person (number, twin) VALUES (7, 2001)",
        "unique_name_place": "INSERT INTO person (name, place, twin) VALUES ('p7', 'there', 2002)",
        "unique_lower": "INSERT INTO person (name, place, twin) VALUES ('X', 'here', 3), ('x', 'here', 2003)",
        "unique_twin": "INSERT INTO person (twin) VALUES (NULL)",
        "unique_pattern": "INSERT INTO person (name, number, twin) VALUES ('p8', 8, 2004)",
    }
    # all indexes look away while any row goes in, or the others would refuse it
    names = ", ".join(f"'{name}'::regclass" for name in duplicates)
    blind = f"UPDATE pg_index SET indisready = {{0}}, indisvalid = {{0}} WHERE indexrelid IN ({names})"
    script = ";".join([
        UNIQUE,
        blind.format("false"),
        *duplicates.values(),
        "UPDATE pg_index SET indisready = false WHERE indexrelid = 'apart'::regclass",
        "INSERT INTO person (span, twin) SELECT int4range(10 * n + 2, 10 * n + 3), 4000 + n "
        "FROM generate_series(1, 900) n",
        "UPDATE pg_index SET indisready = true WHERE indexrelid = 'apart'::regclass",
        blind.format("true"),
    ])
    ran = shop.twin(script)
    assert "unique keys" in ran.failed, ran.explain()
    observed = str(ran.check("unique keys").observed)
    assert all(name in observed for name in (*duplicates, "apart")), observed


INDEXED = """
CREATE EXTENSION pg_trgm;
CREATE TABLE thing (id int, name text, words tsvector, tags text[], place point, span int4range, body jsonb);
CREATE INDEX thing_btree ON thing (id);
CREATE INDEX thing_hash ON thing USING hash (name);
CREATE INDEX thing_words ON thing USING gin (words);
CREATE INDEX thing_tags ON thing USING gin (tags);
CREATE INDEX thing_body ON thing USING gin (body);
CREATE INDEX thing_trgm ON thing USING gin (name gin_trgm_ops);
CREATE INDEX thing_place ON thing USING gist (place);
CREATE INDEX thing_span ON thing USING spgist (span);
CREATE INDEX thing_brin ON thing USING brin (id) WITH (pages_per_range = 4);
CREATE INDEX thing_partly ON thing USING hash (id) WHERE id < 100;
"""
FILL = """
INSERT INTO thing SELECT n, 'name ' || n, to_tsvector('english', 'word' || n), ARRAY['tag' || n % 7],
    point(n, n), int4range(n, n + 3), jsonb_build_object('n', n) FROM generate_series({}, {}) n;
"""


def test_indexes_that_agree_with_their_table(shop: Shop) -> None:
    ran = shop.twin(INDEXED + FILL.format(1, 1000) + "ANALYZE")
    assert not ran.red, ran.explain()
    assert "9 looked at" in ran.check("other indexes").observed


def test_indexes_that_miss_rows_of_their_table(shop: Shop) -> None:
    """Rows that went in while no index was looking: each index is told by name."""
    others = ("hash", "words", "tags", "body", "trgm", "place", "span", "brin", "partly")
    names = ", ".join(f"'thing_{name}'::regclass" for name in (*others, "btree"))
    blind = f"UPDATE pg_index SET indisready = {{0}}, indisvalid = {{0}} WHERE indexrelid IN ({names});"
    ran = shop.twin(INDEXED + blind.format("false") + FILL.format(1, 1000) + blind.format("true") + "ANALYZE")
    assert set(ran.failed) == {"btree indexes", "other indexes"}, ran.explain()
    assert set(ran.red) == {"btree indexes", "other indexes"}
    observed = str(ran.check("other indexes").observed)
    assert [name for name in others if f"thing_{name}" not in observed] == [], observed
    assert "thing_btree" in str(ran.check("btree indexes").observed)


FOREIGN = """
CREATE TABLE parent (a int, b text, PRIMARY KEY (a, b));
CREATE TABLE half (a int, b text, FOREIGN KEY (a, b) REFERENCES parent);
CREATE TABLE whole (a int, b text, FOREIGN KEY (a, b) REFERENCES parent MATCH FULL);
CREATE TABLE split (a int, b text, FOREIGN KEY (a, b) REFERENCES parent) PARTITION BY LIST (a);
CREATE TABLE split_1 PARTITION OF split FOR VALUES IN (1);
CREATE TABLE old (a int, b text);
INSERT INTO old VALUES (9, 'never there');
ALTER TABLE old ADD FOREIGN KEY (a, b) REFERENCES parent NOT VALID;
INSERT INTO parent SELECT n, 'p' FROM generate_series(1, 10) n;
INSERT INTO half VALUES (1, 'p'), (77, NULL), (NULL, NULL);
INSERT INTO whole VALUES (1, 'p'), (NULL, NULL);
INSERT INTO split VALUES (1, 'p');
"""


def test_foreign_keys_that_hold(shop: Shop) -> None:
    ran = shop.twin(FOREIGN)
    assert not ran.red, ran.explain()
    observed = ran.check("foreign keys").observed
    assert "3 looked at" in observed and "NOT VALID" in observed


def test_foreign_keys_whose_partner_is_gone(shop: Shop) -> None:
    ran = shop.twin(
        FOREIGN
        + """
        SET session_replication_role = replica;
        INSERT INTO half VALUES (11, 'p');
        INSERT INTO whole VALUES (2, NULL);
        INSERT INTO split VALUES (1, 'q');
        """
    )
    assert ran.red == ["foreign keys"], ran.explain()
    observed = str(ran.check("foreign keys").observed)
    assert all(f"public.{name}" in observed for name in ("half", "whole", "split")), observed


def test_unlogged_tables_and_what_a_physical_restore_leaves_of_them(shop: Shop) -> None:
    script = "CREATE UNLOGGED TABLE cache (id int);"
    assert "public.cache" in shop.twin(script).check("unlogged tables").observed
    filled = shop.twin(script + "INSERT INTO cache VALUES (1)")
    assert filled.check("unlogged tables").verdict is Verdict.FAILED
