"""A manifest sees what each major brought: an equal database is equal, and every change of it is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from dataops.backup.manifest import collect as collecting
from dataops.backup.manifest.collect import collect
from dataops.backup.manifest.compare import Difference, differences
from dataops.backup.manifest.details import Details
from dataops.store import Keys

from tests.conftest import DatabaseServer
from tests.integration.backup.manifest import mutations
from tests.integration.backup.manifest.mutations import CLUSTER_MUTATIONS, MUTATIONS, Mutation
from tests.integration.backup.manifest.test_compare import OUTSIDE, ROLES, sees
from tests.integration.majors import novelties
from tests.integration.majors.novelties import AROUND, IN_A_DATABASE, up_to

KEYS = Keys(recipients=(), secret=b"a key of the tests, 32 bytes lon")
TORTURE = bool(os.environ.get("DATAOPS_TORTURE"))
LATER_THAN_14 = {"publication's filter", "publication's columns", "publication's schema", "parameter grant"}
"""What the catalogue has that 14 does not know; all the rest of it was there."""


@dataclass(frozen=True)
class Pair:
    """A database and one that was made by the same statements."""

    server: DatabaseServer
    source: str
    copy: str

    def differences(self) -> list[Difference]:
        return differences(
            describe(self.server, self.source), describe(self.server, self.copy), without=OUTSIDE
        )

    def missed(self, changes: Mapping[str, Mutation]) -> dict[str, list[Difference]]:
        """The changes that nobody sees once all of them are made in the copy, and what is seen near them."""
        for change in changes.values():
            self.server.execute(change.done, dbname=self.copy)
        return missed(self.differences(), changes)


def describe(server: DatabaseServer, dbname: str) -> Details:
    return collect(server.connection, dbname=dbname, keys=KEYS)


def missed(found: list[Difference], changes: Mapping[str, Mutation]) -> dict[str, list[Difference]]:
    return {
        name: [one for one in found if one.kind == change.kind]
        for name, change in changes.items()
        if not sees(found, change)
    }


def made_twice(server: DatabaseServer, setup: str, changes: Mapping[str, Mutation]) -> Pair:
    script = setup + ";".join(change.there for change in changes.values() if change.there)
    return Pair(server, *(server.create_database(name, script) for name in ("source", "copy")))


def as_told_by(major: int, change: Mutation) -> Mutation:
    """The change as this major's catalogue tells it."""
    if change.kind == "collation" and change.field == "locale" and major < 15:
        return change._replace(field="collate")  # ICU's locale had no column of its own
    if change.kind == "transform" and major >= 16:
        return change._replace(identity=change.identity.replace(" on language ", " language "))
    return change


@pytest.fixture(scope="module")
def roles(server: DatabaseServer) -> None:
    server.execute(ROLES)
    server.execute(novelties.ROLES)


@pytest.fixture(scope="module")
def novel(server: DatabaseServer, roles: None, major: int) -> Pair:
    """Two databases with everything that the majors up to this one brought."""
    return made_twice(server, novelties.SETUP, up_to(major, IN_A_DATABASE))


def test_what_the_majors_brought_is_equal_to_itself(novel: Pair) -> None:
    assert novel.differences() == []
    assert describe(novel.server, novel.source).blind == ()


def test_every_change_of_what_the_majors_brought_is_told(novel: Pair, major: int) -> None:
    assert novel.missed(up_to(major, IN_A_DATABASE)) == {}


def test_every_change_around_a_database_is_told(server: DatabaseServer, roles: None, major: int) -> None:
    changes = up_to(major, AROUND) | {
        name: change for name, change in CLUSTER_MUTATIONS.items() if major > 14 or name not in LATER_THAN_14
    }
    source = server.create_database(
        "around",
        "CREATE TABLE t (a int); GRANT SELECT ON t TO manifest_reader, manifest_login, novel_group",
    )
    server.execute(f"ALTER DATABASE {source} SET work_mem = '7MB'")
    before = describe(server, source)
    for change in changes.values():
        server.execute(change.done.format(database=source))
    assert missed(differences(before, describe(server, source)), changes) == {}


@pytest.mark.parametrize("major", [18], indirect=True)
def test_a_server_newer_than_the_questions_is_told_not_to_be_seen_whole(
    server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "NEWEST", 17)
    found = describe(server, server.create_database("newer"))
    (blind,) = found.blind
    assert blind.what == "later object classes"
    assert "brought after 17; the server is of 18" in blind.reason
    assert "later object classes" in found.coverage.blind


@pytest.mark.torture
@pytest.mark.skipif(not TORTURE, reason="make torture")
def test_every_change_of_the_whole_catalogue_is_told(server: DatabaseServer, roles: None, major: int) -> None:
    changes = {
        name: as_told_by(major, change)
        for name, change in MUTATIONS.items()
        if major > 14 or name not in LATER_THAN_14
    }
    pair = made_twice(server, mutations.SETUP, changes)
    assert pair.differences() == []
    assert pair.missed(changes) == {}
