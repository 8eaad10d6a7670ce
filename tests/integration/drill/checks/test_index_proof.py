"""Large btree indexes against their tables: what is proven, and what of it each kind of damage refutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest
from dataops.drill.checks import btree_indexes, chunks, index_proof
from dataops.drill.checks.chunks import Relation
from dataops.drill.checks.looking import Look
from dataops.drill.rehearsal import page

from tests.conftest import DatabaseServer
from tests.integration.drill.checks.conftest import Ran, Shop, describe, restored_server, run, trusting

ROWS = 3000


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every index counts as large, and is proven in ranges of some hundreds; the names that amcheck got."""
    names: list[str] = []
    whole = btree_indexes._checked

    def noted(look: Look, relations: Sequence[Relation]) -> Iterable[str]:
        names.extend(each.name.removeprefix("public.") for each in relations)
        return whole(look, relations)

    monkeypatch.setattr(btree_indexes, "_checked", noted)
    for module in (chunks, index_proof):
        monkeypatch.setattr(module, "SMALL", 0)
    monkeypatch.setattr(index_proof, "ENTRIES", 250)
    monkeypatch.setattr(index_proof, "MOST", 1000)
    return names


HEALTHY = f"""
CREATE TABLE kept (id int PRIMARY KEY, big bigint, word text, many int, at timestamptz, "100%" uuid NOT NULL,
    price numeric, maybe int, note text, other int) WITH (fillfactor = 50);
INSERT INTO kept SELECT n, CASE WHEN n % 5 <> 0 THEN (n::bigint << 32) + 7 END, 'wörd ' || n % 97,
    CASE WHEN n % 3 <> 0 THEN n % 40 END, timestamptz '2026-01-01' + n * interval '1 minute',
    md5(n::text)::uuid, n * 1.5,
    CASE WHEN n % 4 <> 0 THEN n END, 'note', n
    FROM generate_series(1, {ROWS}) n;
CREATE INDEX proven_big ON kept (big DESC NULLS LAST);
CREATE UNIQUE INDEX proven_unique_nulls ON kept (maybe);
CREATE INDEX proven_word ON kept (word);
CREATE INDEX proven_several ON kept (word, many, id);
CREATE INDEX proven_many ON kept (many);
CREATE INDEX proven_at ON kept (at);
CREATE UNIQUE INDEX proven_percent ON kept ("100%");
CREATE INDEX odd_collation ON kept (word COLLATE "POSIX");
CREATE INDEX odd_class ON kept (word text_pattern_ops);
CREATE INDEX odd_partial ON kept (other) WHERE many > 7;
CREATE INDEX odd_expression ON kept (lower(word));
CREATE INDEX odd_include ON kept (other) INCLUDE (note);
CREATE INDEX odd_equality ON kept (price);
CREATE TABLE frequent (one int);
CREATE INDEX odd_frequent ON frequent (one);
INSERT INTO frequent SELECT 1 FROM generate_series(1, 1500);
CREATE TABLE empty (id int PRIMARY KEY);
ANALYZE;
UPDATE kept SET note = 'hot' WHERE id % 7 = 0;
UPDATE kept SET word = word || '!' WHERE id % 11 = 0;
DELETE FROM kept WHERE id % 13 = 0;
"""


def test_healthy_indexes_are_proven_and_the_odd_ones_are_left_to_amcheck(
    shop: Shop, asked: list[str]
) -> None:
    ran = shop.twin(HEALTHY)
    assert not ran.red, ran.explain()
    plain = {name for name in asked if not name.startswith("pg_")}
    assert {name for name in plain if "odd" in name} == {
        *("odd_collation", "odd_class", "odd_partial", "odd_expression", "odd_include", "odd_equality"),
        "odd_frequent",
    }
    assert not {name for name in plain if "proven" in name or "pkey" in name}, asked


BROKEN = {
    "tids": "two entries that lead to each other's rows",
    "key": "an entry whose key is not its row's, though in order",
    "twice": "an entry that leads to its neighbour's row",
    "extra": "the entry of a deleted row that leads to a living one",
    "missing": "rows that have no entry",
    "updated": "a row whose key was changed behind the index",
    "page": "a page whose checksum is wrong",
}
ONLY_PROVEN = {"extra"}
"""What amcheck itself lets pass."""


def test_every_kind_of_damage_is_told_by_its_index(
    start_primary: Callable[..., DatabaseServer], asked: list[str]
) -> None:
    server = start_primary("entries", {"autovacuum": "off"})
    ran = _drilled(server, "; ".join(_table(name) for name in BROKEN), _break_indexes, _damage_files)
    observed = ran.check("btree indexes").observed
    assert isinstance(observed, list), ran.explain()
    told = {name: [line for line in observed if f"{name}_k" in str(line)] for name in BROKEN}
    assert all(told.values()), (told, ran.explain())
    assert {f"{name}_k" for name in BROKEN} <= set(asked)
    assert any("not those of the rows" in str(line) for line in told["extra"]), told
    assert not any(
        "not those of the rows" in str(line)
        for name in BROKEN
        if name not in ONLY_PROVEN
        for line in told[name]
    ), told


def test_a_damaged_visibility_map_is_not_hidden_by_a_proof(
    start_primary: Callable[..., DatabaseServer], asked: list[str]
) -> None:
    """An index-only scan would put an empty page in its place."""
    server = start_primary("maps", {"autovacuum": "off"})
    trusting(server)
    dbname = server.create_database("restored", _table("mapped"))
    server.execute("VACUUM mapped", dbname=dbname)
    manifest = describe(server, dbname)
    path = server.execute("SELECT pg_relation_filepath('mapped')", dbname=dbname)[0][0]
    server.cluster.stop()
    page.overwrite(server.cluster.data / f"{path}_vm", 0, b"\xff", 5000)
    server.cluster.start()
    ran = run(restored_server(server, dbname, manifest, method="physical"))
    assert "mapped" in str(ran.check("page checksums").observed), ran.explain()
    assert "btree indexes" not in ran.red and "mapped_k" in asked, ran.explain()


def test_duplicates_are_told_by_unique_keys_alone(shop: Shop, asked: list[str]) -> None:
    """Both rows have their entries, so the index is as its table; amcheck says so where the proof stops."""
    ran = shop.twin(f"""
        {_table("doubled", unique=True)}; {_table("whole", unique=True)};
        UPDATE pg_index SET indisunique = false WHERE indexrelid = 'doubled_k'::regclass;
        INSERT INTO doubled VALUES (20);
        UPDATE pg_index SET indisunique = true WHERE indexrelid = 'doubled_k'::regclass;
        ANALYZE""")
    assert ran.red == ["unique keys"], ran.explain()
    assert "doubled_k" in str(ran.check("unique keys").observed)
    assert "doubled_k" in asked and "whole_k" not in asked


def _table(name: str, *, unique: bool = False) -> str:
    """Even keys in the order of their rows, so that an odd one can stand between two others."""
    kind = "UNIQUE INDEX" if unique else "INDEX"
    return (
        f"CREATE TABLE {name} (k int NOT NULL); "
        f"INSERT INTO {name} SELECT 2 * n FROM generate_series(1, {ROWS}) n; "
        f"CREATE {kind} {name}_k ON {name} (k); ANALYZE {name}"
    )


def _drilled(
    server: DatabaseServer,
    script: str,
    break_indexes: Callable[[DatabaseServer, str], None],
    damage: Callable[[Callable[[str], Path]], None],
) -> Ran:
    trusting(server)
    dbname = server.create_database("restored", script)
    break_indexes(server, dbname)
    manifest = describe(server, dbname)
    names = {
        name: server.execute(f"SELECT pg_relation_filepath('{name}_k')", dbname=dbname)[0][0]
        for name in BROKEN
    }
    server.cluster.stop()
    damage(lambda name: server.cluster.data / names[name])
    server.cluster.start()
    return run(restored_server(server, dbname, manifest, method="physical"))


def _break_indexes(server: DatabaseServer, dbname: str) -> None:
    flags = "indisready = {0}, indisvalid = {0}, indislive = {0}"
    blind = f"UPDATE pg_index SET {flags} WHERE indexrelid = '{{1}}'::regclass"
    changes = {
        "missing": "INSERT INTO missing VALUES (1), (3)",
        "updated": "UPDATE updated SET k = 21 WHERE k = 20",
    }
    for name, change in changes.items():
        for step in (blind.format("false", f"{name}_k"), change, blind.format("true", f"{name}_k")):
            server.execute(step, dbname=dbname)
    server.execute("DELETE FROM extra WHERE k = 20", dbname=dbname)


def _damage_files(file: Callable[[str], Path]) -> None:
    """On the first leaf page, behind its high key; item 11 is the tenth row's."""
    tenth, next_one = (_entry(file("tids"), item) for item in (11, 12))
    for name, changes in {
        "tids": [(tenth, _place(file("tids"), next_one)), (next_one, _place(file("tids"), tenth))],
        "key": [(tenth + 8, (21).to_bytes(4, "little"))],
        "twice": [(tenth, _place(file("twice"), next_one))],
        "extra": [(tenth, _place(file("extra"), next_one))],
    }.items():
        for at, content in changes:
            page.overwrite(file(name), 1, content, at, valid=True)
    page.overwrite(file("page"), 1, b"\xff", 5000)


def _entry(file: Path, item: int) -> int:
    """Where an item of page 1 begins: its line pointer tells (``ItemIdData``)."""
    pointer = page.SIZE + 24 + 4 * (item - 1)
    return int.from_bytes(file.read_bytes()[pointer : pointer + 4], "little") & 0x7FFF


def _place(file: Path, at: int) -> bytes:
    """Which row an entry leads to (``t_tid``)."""
    return file.read_bytes()[page.SIZE + at : page.SIZE + at + 6]
