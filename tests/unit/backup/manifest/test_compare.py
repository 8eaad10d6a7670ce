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
