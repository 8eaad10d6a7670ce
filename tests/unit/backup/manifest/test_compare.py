"""What counts as a difference, and what a dump cannot carry and so must not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from dataops.backup.manifest.compare import Deviation, Difference, differences
from dataops.backup.manifest.details import (
    Blind,
    Definition,
    Details,
    Moment,
    SequenceState,
    TableContent,
)
from dataops.backup.manifest.header import UnreadableManifest
from pydantic import JsonValue

MOMENT = Moment(
    snapshot_at=datetime(2026, 11, 23, tzinfo=UTC),
    lsn="0/1",
    timeline=1,
    system_identifier="1",
    in_recovery=False,
    server_version="15.20",
    dbname="flights",
    encoding="UTF8",
    collation="C",
    database_bytes=1,
)
TABLE = Definition("table", "public.t", {"persistence": "p", "tablespace": "fast"})


def details(*definitions: Definition, **changes: object) -> Details:
    facts: dict[str, object] = {
        "moment": MOMENT,
        "content": "full",
        "algorithm": "x/1",
        "definitions": definitions,
    }
    return Details.model_validate(facts | changes)


def table(**changes: object) -> tuple[TableContent, ...]:
    return (TableContent.model_validate({"identity": "public.t", "rows": 1, "hash": "1"} | changes),)


def kinds(found: list[Difference]) -> list[tuple[Deviation, str, str]]:
    return [(one.deviation, one.kind, one.identity) for one in found]


def test_what_was_written_is_read() -> None:
    written = details(TABLE, sequences=(SequenceState("s", 7, True, False),), tables=table())
    assert Details.from_bytes(written.to_bytes()) == written
    with pytest.raises(UnreadableManifest, match="cannot be read"):
        Details.from_bytes(b"else")


def test_missing_extra_and_changed_are_told_apart() -> None:
    other = Definition("table", "public.u", {})
    changed = Definition("table", "public.t", {"persistence": "u", "tablespace": "fast"})
    assert kinds(differences(details(TABLE), details())) == [(Deviation.MISSING, "table", "public.t")]
    assert kinds(differences(details(), details(other))) == [(Deviation.EXTRA, "table", "public.u")]
    assert differences(details(TABLE), details(changed)) == [
        Difference(Deviation.CHANGED, "table", "public.t", "persistence", "p", "u")
    ]


@pytest.mark.parametrize("without", [{"table"}, {"table.tablespace"}])
def test_what_the_caller_declares_out_of_scope_is_not_compared(without: set[str]) -> None:
    changed = Definition("table", "public.t", {"persistence": "p"})
    assert differences(details(TABLE), details(changed)) != []
    assert differences(details(TABLE), details(changed), without=without) == []


def test_what_the_manifest_could_not_see_is_no_difference_but_what_the_observer_could_not_is() -> None:
    blind = (Blind(what="table", reason="no right"),)
    assert differences(details(blind=blind), details(TABLE)) == []
    assert kinds(differences(details(TABLE), details(blind=blind))) == [(Deviation.UNSEEN, "table", "")]


def test_what_every_new_database_has_is_no_difference() -> None:
    new = details(Definition("schema", "public", {}), Definition("extension", "plpgsql", {"version": "1.0"}))
    assert differences(details(), new) == []
    assert differences(new, details()) != []
    assert differences(details(), new, method="physical") != []


def test_an_invalid_index_is_not_dumped() -> None:
    index = Definition("index", "public.i", {"valid": False})
    assert differences(details(index), details()) == []
    assert differences(details(index), details(), method="physical") != []


def test_a_subscription_is_restored_disabled() -> None:
    enabled, disabled = (Definition("subscription", "s", {"subenabled": on}) for on in (True, False))
    assert differences(details(enabled), details(disabled)) == []
    assert differences(details(enabled), details(disabled), method="physical") != []


@pytest.mark.parametrize(
    ("next_value", "ascending", "cycles", "fine"),
    [
        (10, True, False, True),
        (11, True, False, True),
        (9, True, False, False),
        (9, False, False, True),
        (11, False, False, False),
        (1, True, True, True),
    ],
)
def test_a_sequence_stands_there_or_further_on(
    next_value: int, ascending: bool, cycles: bool, fine: bool
) -> None:
    before = details(sequences=(SequenceState("s", 10, ascending, cycles),))
    after = details(sequences=(SequenceState("s", next_value, ascending, cycles),))
    assert (differences(before, after) == []) == fine


@pytest.mark.parametrize(
    ("observed", "found"),
    [
        ({}, []),
        ({"rows": 2}, [Deviation.CHANGED]),
        ({"hash": "2"}, [Deviation.CHANGED]),
        ({"rows": None, "hash": None}, [Deviation.UNSEEN]),
        ({"condition": "WHERE true"}, [Deviation.CHANGED]),
    ],
)
def test_content_is_compared(observed: dict[str, object], found: list[Deviation]) -> None:
    seen = differences(details(tables=table()), details(tables=table(**observed)))
    assert [one.deviation for one in seen] == found


def test_a_table_that_nobody_looked_at_proves_nothing_and_claims_nothing() -> None:
    unseen = details(tables=table(rows=None, hash=None))
    assert unseen.rows is None and unseen.coverage.hashed == 0
    assert differences(unseen, details(tables=table())) == []


def test_hashes_of_another_algorithm_are_unseen() -> None:
    other = details(tables=table(hash="2"), algorithm="x/2")
    assert kinds(differences(details(tables=table()), other)) == [(Deviation.UNSEEN, "table content", "")]


def test_recovery_empties_unlogged_tables() -> None:
    before, after = (
        details(tables=table(unlogged=True)),
        details(tables=table(unlogged=True, rows=0, hash="0")),
    )
    assert differences(before, after, method="physical") == []
    assert differences(before, after) != []


PUBLIC = Definition("schema", "public", {})
ON_PUBLIC = Definition("grant", "public", {"grants": [["postgres", "public", "CREATE", False]]})


def test_what_a_dump_adds_to_a_source_without_a_public_schema_is_no_difference() -> None:
    assert differences(details(), details(PUBLIC, ON_PUBLIC)) == []
    assert kinds(differences(details(), details(PUBLIC), method="physical")) == [
        (Deviation.EXTRA, "schema", "public")
    ]


def test_a_grant_on_the_public_schema_that_the_source_had_not_is_seen() -> None:
    found = differences(details(PUBLIC), details(PUBLIC, ON_PUBLIC))
    assert kinds(found) == [(Deviation.EXTRA, "grant", "public")]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [("constraint", "trigger_states", ["D"]), ("table", "detach_pending", True)],
)
def test_what_the_source_had_half_switched_off_a_dump_makes_whole_but_no_restore_switches_off(
    kind: str, field: str, value: JsonValue
) -> None:
    whole = Definition(kind, "it", {"a": 1})
    half = Definition(kind, "it", {"a": 1, field: value})
    assert differences(details(half), details(whole)) == []
    for method in ("logical", "physical"):
        (found,) = differences(details(whole), details(half), method=method)
        assert (found.field, found.observed) == (field, value)
    assert differences(details(half), details(whole), method="physical") != []


def test_owner_and_functions_of_an_extension_are_held_against_a_restore_of_files_alone() -> None:
    ours = Definition("extension", "x", {"version": "1", "owner": "a", "functions": "1"})
    theirs = Definition("extension", "x", {"version": "1", "owner": "b", "functions": "2"})
    older = Definition("extension", "x", {"version": "1"})
    assert differences(details(ours), details(theirs)) == []
    found = differences(details(ours), details(theirs), method="physical")
    assert [one.field for one in found] == ["functions", "owner"]
    assert differences(details(older), details(theirs), method="physical") == []
