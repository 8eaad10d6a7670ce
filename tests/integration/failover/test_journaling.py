"""The journal: one open round a server, written by whoever holds the lease and by nobody else."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest
from dataops.failover import journaling
from dataops.failover.journal import Phase, Round, Undo
from dataops.failover.journaling import Journal, JournalDamaged, JournalTaken, RoundOpen
from dataops.store import Conflict, Held, LeaseLost, ObjectStore, StoreError, lease

from tests.integration.store.faulty_store import before

HEAL = Undo("heal", "alpha", "kill")


def a_round(**changes: Any) -> Round:
    return dataclasses.replace(
        Round(
            scenario="crash",
            run="20260101T000000Z-abc123",
            server="main",
            system_identifier="7300000000000000001",
            plan="0" * 64,
            holder="coordinator",
            phase=Phase.PREPARED,
            primary="alpha",
            candidate="beta",
        ),
        **changes,
    )


@pytest.fixture
def store(object_store_server: Any) -> ObjectStore:
    return ObjectStore.from_connection(
        object_store_server.connection(), object_store_server.bucket(), patience=10
    )


@pytest.fixture
def held(store: ObjectStore) -> Iterator[Held]:
    with lease(store, journaling.lease_name("7300000000000000001"), holder="coordinator") as ours:
        yield ours


def opened(store: ObjectStore, held: Held, **changes: Any) -> Journal:
    return Journal.open(store, a_round(**changes), held=held, lease=15, longest=900)


def test_a_round_is_told_phase_by_phase_and_kept_when_it_ends(store: ObjectStore, held: Held) -> None:
    assert journaling.read(store, "main") is None
    journal = opened(store, held)
    journal.advance(Phase.BREAKING, undo=[HEAL], facts={"slot": "beta"})
    journal.note(facts={"fork": "0/3000000"})
    found = journaling.read(store, "main")
    assert found is not None and found.is_open
    assert found == journal.entry
    assert (found.round.phase, found.round.undo) == (Phase.BREAKING, (HEAL,))
    assert found.round.facts == {"slot": "beta", "fork": "0/3000000"}

    for phase in (Phase.COMMITTED, Phase.PROMOTED, Phase.REJOINED):
        journal.advance(phase)
    kept = journal.close()
    ended = journaling.read(store, "main")
    assert ended is not None and not ended.is_open
    assert ended.round.undo == ()
    assert [each.phase for each in ended.trail] == [
        Phase.PREPARED,
        Phase.BREAKING,
        Phase.COMMITTED,
        Phase.PROMOTED,
        Phase.REJOINED,
        Phase.FINISHED,
    ]
    assert kept.key == "failover/main/rounds/20260101T000000Z-abc123/journal.json"
    assert store.get(kept.key) == ended.to_json().encode()


def test_the_way_back_swaps_the_roles_and_has_its_own_commit_point(store: ObjectStore, held: Held) -> None:
    journal = opened(store, held)
    with pytest.raises(ValueError, match="cannot begin its way back"):
        journal.turn()
    for phase in (Phase.BREAKING, Phase.COMMITTED, Phase.PROMOTED, Phase.REJOINED):
        journal.advance(phase)
    undo = Undo("start", "beta", "stop")
    turned = journal.turn(undo=[undo], facts={journaling.BY: journaling.SWITCH})
    assert (turned.primary, turned.candidate, turned.phase) == ("beta", "alpha", Phase.BREAKING)
    assert turned.undo == (undo,)
    assert turned.facts == {"leg": "failback", "by": "switch"}
    for phase in (Phase.COMMITTED, Phase.PROMOTED, Phase.REJOINED):
        journal.advance(phase)
    with pytest.raises(ValueError, match="cannot begin its way back"):
        journal.turn()
    journal.advance(Phase.FAILED_BACK)


def test_a_round_never_goes_back(store: ObjectStore, held: Held) -> None:
    journal = opened(store, held)
    journal.advance(Phase.COMMITTED)
    for phase in (Phase.BREAKING, Phase.FINISHED):
        with pytest.raises(ValueError, match="cannot go from committed"):
            journal.advance(phase)
    assert journal.round.phase is Phase.COMMITTED


def test_no_round_begins_while_another_stands_open(store: ObjectStore, held: Held) -> None:
    first = opened(store, held)
    first.advance(Phase.BREAKING)
    with pytest.raises(
        RoundOpen, match=r"'crash' stands open on 'main' since .*, as breaking, led by coordinator"
    ):
        opened(store, held, run="another")
    first.close()
    opened(store, held, run="another")


def test_once_the_guard_has_followed_nothing_that_the_coordinator_writes_counts(
    store: ObjectStore, held: Held
) -> None:
    coordinator = opened(store, held)
    coordinator.advance(Phase.BREAKING, undo=[HEAL])
    with lease(store, "another", holder="guard") as guards:
        guard = Journal.take_over(store, "main", held=guards)
        assert guard is not None
        assert guard.round == dataclasses.replace(coordinator.round, holder="guard")
        with pytest.raises(JournalTaken, match="This round must not go on"):
            coordinator.advance(Phase.COMMITTED)
        guard.close()
        assert Journal.take_over(store, "main", held=guards) is None
    with pytest.raises(JournalTaken):
        coordinator.advance(Phase.COMMITTED)
    assert [each.holder for each in guard.entry.trail] == ["coordinator", "coordinator", "guard", "guard"]


def test_what_the_coordinator_wrote_just_before_the_guard_counts(
    store: ObjectStore, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = opened(store, held)
    coordinator.advance(Phase.BREAKING)
    put, told = ObjectStore.put, []

    def overtaken(self: ObjectStore, key: str, body: bytes | str, **conditions: Any) -> Any:
        if not told:
            told.append(key)
            coordinator.advance(Phase.COMMITTED)
        return put(self, key, body, **conditions)

    with lease(store, "another", holder="guard") as guards:
        monkeypatch.setattr(ObjectStore, "put", overtaken)
        guard = Journal.take_over(store, "main", held=guards)
    assert guard is not None
    assert guard.round.phase is Phase.COMMITTED


def test_nothing_is_written_without_the_lease(store: ObjectStore) -> None:
    with lease(store, "ours", holder="coordinator") as held:
        journal = opened(store, held)
        stolen = json.loads(store.get("leases/ours.json"))
        store.put("leases/ours.json", json.dumps({**stolen, "token": "other"}))
        held._valid_until = 0  # as after a long silence
        with pytest.raises(LeaseLost):
            journal.advance(Phase.COMMITTED)
    found = journaling.read(store, "main")
    assert found is not None and found.round.phase is Phase.PREPARED


@pytest.mark.parametrize("body", ["", "{}", '{"round": {"phase": "asleep"}}', "[1]"])
def test_a_journal_that_cannot_be_read_is_said_so(store: ObjectStore, held: Held, body: str) -> None:
    store.put(journaling.key("main"), body)
    with pytest.raises(JournalDamaged, match=r"failover/main/journal\.json"):
        journaling.read(store, "main")
    with pytest.raises(JournalDamaged):
        opened(store, held)


def test_a_write_that_the_store_took_without_a_word_stands(
    object_store_server: Any, store: ObjectStore, held: Held
) -> None:
    with before(object_store_server.server.ports["s3"]) as faulty:
        journal = opened(through(store, faulty.port), held)
        journal.advance(Phase.BREAKING, undo=[HEAL])
        faulty.fail(1000, "mute", method="PUT")
        with pytest.raises(StoreError):
            journal.advance(Phase.COMMITTED)
        assert journal.round.phase is Phase.BREAKING
        with pytest.raises(StoreError):
            journal.settle()
        faulty.decide = lambda method, path: None
        assert journal.settle().phase is Phase.COMMITTED
        assert journal.settle().phase is Phase.COMMITTED
        journal.advance(Phase.PROMOTED)


def test_a_write_that_the_store_never_saw_will_never_stand(
    object_store_server: Any, store: ObjectStore, held: Held
) -> None:
    with before(object_store_server.server.ports["s3"]) as faulty:
        journal = opened(through(store, faulty.port), held)
        journal.advance(Phase.BREAKING, undo=[HEAL])
        late = journal._etag
        faulty.fail(1000, 503, method="PUT")
        with pytest.raises(StoreError):
            journal.advance(Phase.COMMITTED)
        faulty.decide = lambda method, path: None
        assert journal.settle().phase is Phase.BREAKING
        with pytest.raises(Conflict):  # as a request would that was on its way all the while
            store.put(journaling.key("main"), "late", if_match=late)
        journal.close()


def through(store: ObjectStore, port: int) -> ObjectStore:
    """The same bucket through a proxy that answers badly, soon given up on."""
    extra = {**store.connection.extra, "endpoint_url": f"http://127.0.0.1:{port}"}
    return ObjectStore(dataclasses.replace(store.connection, extra=extra), store.bucket, 0.3)
