"""Damage in the files of a restored server, with data checksums and without: told by its own check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import pytest
from dataops.evidence.verdict import Verdict

from sandbox import os_user
from sandbox.postgresql import programs
from tests.conftest import DatabaseServer
from tests.integration.drill.checks.conftest import Ran, describe, restored_server, run, trusting

PAGE = 8192
SCRIPT = """
CREATE TABLE t (id int PRIMARY KEY, note text, body bytea);
ALTER TABLE t ALTER body SET STORAGE EXTERNAL;
CREATE INDEX t_hash ON t USING hash (note);
INSERT INTO t SELECT n, 'note ' || n, decode(repeat(md5(n::text), 200), 'hex')
    FROM generate_series(1, 3000) n;
"""

ATTRIBUTES = -18
"""In the header of the page's first row: how many attributes it has (t_infomask2)."""

VALUE = -31
"""Behind header, number and length: a letter of the page's first row's text."""


@dataclass(frozen=True)
class Damage:
    """Where a byte is changed: the file of a relation, its page, and what is written where."""

    relation: str
    fork: str = ""
    page: int = 1
    at: int = PAGE - 40
    what: bytes = b"\xde\xad\xbe\xef"


DAMAGES: Mapping[str, Damage] = {
    "table": Damage("t"),
    "toast": Damage("(SELECT reltoastrelid::regclass FROM pg_class WHERE oid = 't'::regclass)"),
    "btree": Damage("t_pkey"),
    "hash": Damage("t_hash", page=2),
    "visibility": Damage("t", fork="_vm", page=0, at=40),
    "stale map": Damage("t", fork="_vm", page=0, at=24, what=b"\xff"),
    "value": Damage("t", at=VALUE, what=b"X"),
    "zeroed": Damage("t", at=0, what=bytes(PAGE)),
    "rowheader": Damage("t", at=ATTRIBUTES, what=b"\xff\x07"),
}


@pytest.fixture(scope="module")
def protected(start_primary: Callable[..., DatabaseServer]) -> Callable[[str], Ran]:
    return damaged(start_primary("damaged", {"max_logical_replication_workers": "0"}), checksums=True)


@pytest.fixture(scope="module")
def unprotected(start_primary: Callable[..., DatabaseServer]) -> Callable[[str], Ran]:
    return damaged(start_primary("unprotected"), checksums=False)


def damaged(server: DatabaseServer, *, checksums: bool) -> Callable[[str], Ran]:
    """Make one database for each damage, all at once; the function drills one of them."""
    trusting(server)
    whole = server.create_database("whole", SCRIPT)
    server.execute("VACUUM (FREEZE, ANALYZE) t", dbname=whole)
    server.execute(
        "UPDATE t SET note = note WHERE id = 50", dbname=whole
    )  # its page is no longer all-visible
    manifest = describe(server, whole)
    databases = {name: server.create_database("restored", template=whole) for name in DAMAGES}
    files = {
        name: server.execute(
            f"SELECT pg_relation_filepath({each.relation if '(' in each.relation else repr(each.relation)})",
            dbname=databases[name],
        )[0][0]
        + each.fork
        for name, each in DAMAGES.items()
    }
    server.cluster.stop()
    for name, each in DAMAGES.items():
        with (server.cluster.data / files[name]).open("r+b") as file:
            file.seek(each.page * PAGE + (each.at if each.at >= 0 else _first_row(file, each) - each.at))
            file.write(each.what)
    if not checksums:
        os_user.run([programs() / "pg_checksums", "--disable", "--no-sync", "-D", server.cluster.data])
    server.cluster.start()
    return lambda name: run(restored_server(server, databases[name], manifest, method="physical"))


def _first_row(file: BinaryIO, damage: Damage) -> int:
    """Where the first row of the page begins: its line pointer stands behind the page's header."""
    file.seek(damage.page * PAGE + 24)
    return int.from_bytes(file.read(4), "little") & 0x7FFF


def reds(ran: Ran) -> dict[str, Verdict]:
    """The checks of the database that are red; the server's own counter is of all databases."""
    return {name: ran.check(name).verdict for name in ran.red if name != "checksum failures"}


@pytest.mark.parametrize(
    "name,failed",
    [
        ("table", {"full read", "page checksums", "heap pages"}),
        ("toast", {"full read", "page checksums", "heap pages"}),
        ("btree", {"btree indexes", "page checksums"}),
        ("hash", {"page checksums"}),
        ("visibility", {"page checksums"}),
        ("zeroed", {"row counts", "content hashes"}),
    ],
)
def test_with_checksums(protected: Callable[[str], Ran], name: str, failed: set[str]) -> None:
    ran = protected(name)
    assert failed <= {each for each, verdict in reds(ran).items() if verdict is Verdict.FAILED}, ran.explain()
    if "page checksums" in failed:
        assert ran.check("checksum failures").verdict is Verdict.FAILED
        assert ran.check("page checksums").observed


@pytest.mark.parametrize(
    "name,failed",
    [
        ("value", {"content hashes"}),
        ("btree", {"btree indexes"}),
        ("rowheader", {"heap pages"}),
        ("stale map", {"visibility maps"}),
        ("zeroed", {"row counts", "content hashes"}),
    ],
)
def test_without_checksums(unprotected: Callable[[str], Ran], name: str, failed: set[str]) -> None:
    ran = unprotected(name)
    assert failed <= {each for each, verdict in reds(ran).items() if verdict is Verdict.FAILED}, ran.explain()
    assert ran.check("page checksums").verdict is Verdict.NOT_APPLICABLE
    assert ran.check("isolation").verdict is Verdict.FAILED
    assert "without data checksums" in ran.check("page checksums").reason
