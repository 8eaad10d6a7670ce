"""Every mistake of every file is told, with its line and what may stand there, and none stops the others."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dataops.inventory import NoInclude, UnknownSubject, load
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.unit.inventory.conftest import Include


def told(include: Include) -> list[str]:
    return [str(problem) for file in load(include.root).invalid for problem in file.errors]


def test_short_files_are_valid(include: Include) -> None:
    include.database("flights")
    inventory = load(include.root)
    assert [subject.name for subject in inventory.subjects] == ["flights", "main"]
    assert (inventory.invalid, inventory.warnings) == ((), ())
    assert inventory.databases[0].environment == "prod"
    assert inventory.server_of(inventory.subject("flights")).name == "main"


@pytest.mark.parametrize(
    ("extra", "line", "message"),
    [
        ("schedul: daily\n", 4, "schedul is no field. Did you mean schedule? Allowed: database, server,"),
        ("schedule: 0 1 * *\n", 4, "schedule: '0 1 * *' is not a schedule: write hourly,"),
        ("content: fully\n", 4, "content: 'fully' is not allowed. Did you mean full? Allowed: full, rotate,"),
        ("jobs: 0\n", 4, "jobs: '0' is too small: at least 1."),
        ("jobs: 65\n", 4, "jobs: '65' is too large: at most 64."),
        ("jobs: '4'\n", 4, "jobs: '4' is text: take the quotes off."),
        ("jobs: many\n", 4, "jobs: 'many' is no whole number."),
        ("jobs: 1.5\n", 4, "jobs: '1.5' is no whole number."),
        ("jobs: yes\n", 4, "jobs: 'yes' is no whole number."),
        ("dbname: no\n", 4, "dbname: 'no' is read by YAML as true or false: put it in quotes."),
        ("dbname: 2024\n", 4, "dbname: '2024' is read by YAML as a number: put it in quotes."),
        ("dbname: 1.5\n", 4, "dbname: '1.5' is read by YAML as a number: put it in quotes."),
        ("dbname: [a]\n", 4, "dbname is no text but a mapping or a list."),
        (f"dbname: {'ü' * 40}\n", 4, f"dbname: '{'ü' * 40}' is 80 bytes long: PostgreSQL's names end"),
        ("max_duration: 2\n", 4, "max_duration: '2' is not a duration: write a whole number and its unit"),
        ("objectives:\n  rpo: 26\n", 5, "objectives.rpo: '26' is not a duration"),
        ("objectives:\n  rtp: 4h\n", 5, "objectives.rtp is no field. Did you mean rto? Allowed: rto, rpo."),
        ("objectives: 4h\n", 4, "objectives: '4h' is no mapping: write its fields below it, indented."),
        ("objectives:\n", 4, "objectives has no value: write one, or take the line out."),
        ("retention:\n  minimum: 0\n", 5, "retention.minimum: '0' is too small: at least 1."),
        ("retired: 23.11.2026\n", 4, "retired: '23.11.2026' is not a day: write it as 2026-11-23."),
        ("retired: 20261123\n", 4, "retired: '20261123' is not a day"),
        ("compression: zip\n", 4, "compression: 'zip' has another form than it should: none, gzip,"),
        ("encryption: 'my keys'\n", 4, "encryption: 'my keys' has another form than it should: the id"),
        ("owner: dba\n", 4, "owner stands there twice: keep one."),
        ("telemetry: weekly\n", 4, "telemetry is no field."),
    ],
)  # fmt: skip
def test_a_wrong_field_is_told_with_line_and_what_may_stand_there(
    include: Include, extra: str, line: int, message: str
) -> None:
    include.database("flights", extra)
    problems = told(include)
    assert len(problems) == 1
    assert problems[0].startswith(f"include/databases/flights.yaml:{line}: {message}")


def test_a_missing_field_is_told_with_its_meaning(include: Include) -> None:
    include.write("databases/flights.yaml", "database: flights\nserver: main\n")
    assert told(include) == [
        "include/databases/flights.yaml:1: owner is missing: team that is called when something is red."
    ]


def test_a_name_is_that_of_its_file(include: Include) -> None:
    include.write("databases/flights.yaml", "database: flight\nserver: main\nowner: dba\n")
    assert "name the file flight.yaml, or the database flights" in told(include)[0]


@pytest.mark.parametrize("name", ["a__b", "Flights", "my db", "größe"])
def test_a_name_is_safe_in_dag_ids_and_keys(include: Include, name: str) -> None:
    include.database(name)
    (file,) = load(include.root).invalid
    assert re.fullmatch(r"[a-z0-9_-]+", file.name)


def test_an_invalid_file_takes_no_other_subjects_name(include: Include) -> None:
    include.database("flights")
    include.database("Flights")
    include.write("databases/flights.yml", "database: flights\n")
    (include.root / "databases" / os.fsdecode(b"fl\xffghts.yaml")).write_text("database: x\n")
    inventory = load(include.root)
    names = [subject.name for subject in inventory.subjects] + [file.name for file in inventory.invalid]
    assert len(set(names)) == len(names) == 5
    assert all(str(problem).encode() for file in inventory.invalid for problem in file.errors)


def test_all_mistakes_of_all_files_are_told_at_once(include: Include) -> None:
    include.server("other", "jobs: 3\npool: [a]\nhosts: {primry: a}\n")
    include.database("flights", "jobs: 0\ncontent: some\n")
    include.write("databases/broken.yaml", "a: [\n")
    include.write("databases/empty.yaml", "")
    paths = [Path(line.split(":")[0]).name for line in told(include)]
    assert paths == ["broken.yaml", "empty.yaml", "flights.yaml", "flights.yaml"] + ["other.yaml"] * 3


def test_what_is_no_file_is_told(include: Include) -> None:
    (include.root / "databases" / "folder.yaml").mkdir(parents=True)
    (include.root / "databases" / "team").mkdir()
    (include.root / "databases" / "dangling.yaml").symlink_to("/nonexistent")
    include.write("databases/flights.yml", "database: flights\n")
    include.write("databases/README.md", "not ours")
    include.write("databases/.flights.yaml.swp", "an editor's")
    assert [file.path.name for file in load(include.root).invalid] == [
        "dangling.yaml", "flights.yml", "folder.yaml", "team",
    ]  # fmt: skip


def test_an_invalid_file_never_stops_the_others(include: Include) -> None:
    include.database("good")
    include.write("databases/bad.yaml", b"\x00\xff")
    inventory = load(include.root, "prod")
    assert [subject.name for subject in inventory.subjects] == ["good", "main"]
    assert [file.name for file in inventory.invalid] == ["bad"]
    with pytest.raises(UnknownSubject, match=r"bad cannot be used: include/databases/bad.yaml"):
        inventory.subject("bad")


def test_secrets_in_the_wrong_place_are_not_repeated(include: Include) -> None:
    include.write(
        "servers/other.yaml",
        "server: other\nenvironment: prod\nowner: dba\npassword: hunter2\n"
        "connection: postgresql://dba:hunter2@db/postgres\n",
    )
    problems = told(include)
    assert len(problems) == 2
    assert not [line for line in problems if "hunter2" in line]


def test_only_the_environment_that_is_asked_for_is_given(include: Include) -> None:
    include.server("stage", environment="staging")
    include.database("flights")
    include.database("flights-stage", server="stage")
    include.database("broken-stage", "jobs: 0\n", server="stage")
    include.write("databases/nobody-knows.yaml", "a: [\n")
    assert [each.name for each in load(include.root, "prod").subjects] == ["flights", "main"]
    assert [each.name for each in load(include.root, "prod").invalid] == ["nobody-knows"]
    assert [each.name for each in load(include.root, "staging").invalid] == ["broken-stage", "nobody-knows"]


def test_a_missing_folder_is_not_an_empty_inventory(tmp_path: Path) -> None:
    with pytest.raises(NoInclude, match="set DATAOPS_INCLUDE"):
        load(tmp_path / "nothing")


def test_retired_subjects_are_known_and_not_active(include: Include) -> None:
    include.database("old", "retired: 2026-01-31\n")
    inventory = load(include.root)
    assert inventory.subject("old").retired is not None
    assert [subject.name for subject in inventory.active] == ["main"]


def test_an_unknown_subject_is_told_with_the_nearest(include: Include) -> None:
    include.database("flights")
    with pytest.raises(UnknownSubject, match="Did you mean flights"):
        load(include.root).subject("flihgts")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([
            "database",
            "server",
            "owner",
            "schedule",
            "objectives",
            "retention",
            "encryption",
            "x",
        ]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
            ),
            max_leaves=4,
        ),
    )
)
def test_no_values_make_it_crash(include: Include, values: dict[str, object]) -> None:
    import json

    include.write("databases/odd.yaml", json.dumps(values))
    inventory = load(include.root)
    assert [file.name for file in inventory.invalid] == ["odd"]
    assert all(str(problem) for problem in inventory.invalid[0].errors)
