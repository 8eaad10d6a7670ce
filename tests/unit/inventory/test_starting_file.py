"""A new file is valid at once, and nothing is ever overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from dataops.inventory import load
from dataops.inventory.starting_file import CannotStart, new_database, new_server

if TYPE_CHECKING:
    from tests.unit.inventory.conftest import Include


def test_new_files_are_valid_as_they_are(include: Include) -> None:
    new_server(include.root, "pay-roll", environment="prod", owner="dba")
    path = new_database(include.root, load(include.root), "wages", server="pay-roll")
    inventory = load(include.root)
    assert inventory.invalid == ()
    assert {subject.name for subject in inventory.subjects} == {"main", "pay-roll", "wages"}
    assert path.read_text().startswith("# yaml-language-server: $schema=../schemas/database.schema.json\n")


def test_the_only_server_need_not_be_named(include: Include) -> None:
    new_database(include.root, load(include.root), "wages")
    assert load(include.root).databases[0].server == "main"
    include.server("other")
    with pytest.raises(CannotStart, match="--server: main, other"):
        new_database(include.root, load(include.root), "crew")


@pytest.mark.parametrize("name", ["Wages", "a__b", "../escape", "a b", "a\nb", ".", ""])
def test_a_name_that_cannot_be_leaves_no_file(include: Include, name: str) -> None:
    before = sorted(include.root.parent.rglob("*"))
    with pytest.raises(CannotStart, match="cannot be a name"):
        new_server(include.root, name, environment="prod", owner="dba")
    assert sorted(include.root.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["yes", "2024", "1e3", "null"])
def test_names_that_yaml_would_take_for_something_else_are_quoted(include: Include, name: str) -> None:
    new_database(include.root, load(include.root), name)
    assert load(include.root).databases[0].name == name


def test_what_would_be_invalid_is_not_left_behind(include: Include) -> None:
    include.database("wages")
    with pytest.raises(CannotStart, match="names are unique"):
        new_server(include.root, "wages", environment="prod", owner="dba")
    assert load(include.root).invalid == ()


def test_nothing_is_overwritten(include: Include) -> None:
    path = new_database(include.root, load(include.root), "wages")
    path.write_text(path.read_text() + "jobs: 4\n")
    with pytest.raises(CannotStart, match="exists already"):
        new_database(include.root, load(include.root), "wages")
    assert path.read_text().endswith("jobs: 4\n")
