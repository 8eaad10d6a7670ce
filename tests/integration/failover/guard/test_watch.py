"""The watch over one server: a real store, a real pager, a cluster in memory."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.evidence import listing
from dataops.evidence.verdict import Check, Verdict
from dataops.failover import journaling
from dataops.failover.drivers.driver import DriverFailed
from dataops.failover.guard import watch as watching
from dataops.failover.guard.course import FENCED, Course
from dataops.failover.guard.finishing import finish
from dataops.failover.guard.paging import Pager
from dataops.failover.guard.watch import Watch
from dataops.failover.journal import Phase, Undo
from dataops.failover.journaling import Journal, lease_name
from dataops.failover.topology import Role, Topology
from dataops.inventory import Inventory
from dataops.platform import Platform
from dataops.store import LeaseHeld, ObjectStore, lease

from tests.integration.failover.guard.pager import FakePager
from tests.integration.store.faulty_store import before
from tests.unit.failover.builders import IDENTIFIER, server
from tests.unit.failover.guard.simulation import Cluster, told

KILL = Undo("heal", "alpha", "kill")


def by_role(driver: Any, seen: Topology, expected: str, dbname: str | None) -> Check:
    well = [each.name for each in seen.primaries] == [expected]
    return Check(name="one writable primary", verdict=Verdict.PASSED if well else Verdict.FAILED)


@pytest.fixture(autouse=True)
def by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes in memory take no real writes: who is writable is asked of them."""
    monkeypatch.setattr(watching, "with_room", by_role)
    cleared = Check(name="nothing of the canary is left", verdict=Verdict.PASSED)
    monkeypatch.setattr(watching, "clear", lambda *_: cleared)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster({"alpha": Role.DOWN, "beta": Role.STANDBY})


@pytest.fixture
def make_watch(
    store: ObjectStore, pager: FakePager, cluster: Cluster, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Watch]]:
    monkeypatch.setenv("DATAOPS_BUCKET", store.bucket)
    monkeypatch.setenv("DATAOPS_SPOOL", str(tmp_path))

    def make(holder: str = "guard", dataops_store: Connection = store.connection) -> Watch:
        known = {"dataops_store": dataops_store, "dataops_pager": pager.connection()}

        def resolve(connection_id: str) -> Connection:
            if connection_id not in known:
                raise ConfigurationError(f"no {connection_id}")
            return known[connection_id]

        platform = Platform("staging", Inventory(servers=(server(),)), resolve)
        quiet = Pager(resolve, lambda _: None)
        return Watch(platform, server(), lambda _: cluster.driver, quiet, lambda _: None, holder, 0)

    return make


def abandon(store: ObjectStore, phase: Phase, *undo: Undo, longest: float = 900, **facts: str) -> None:
    """A round whose coordinator left it open and holds no lease any more."""
    with lease(store, lease_name(IDENTIFIER), holder="coordinator", seconds=15) as held:
        begun = told(Phase.PREPARED)
        journal = Journal.open(store, begun, held=held, lease=15, longest=longest)
        journal.advance(phase, undo=undo, facts=facts)


def evidence(store: ObjectStore) -> list[Any]:
    return [listing.show(store, each.key) for each in listing.records(store, "failover_guard", "main")]


def test_where_no_round_is_open_nothing_is_done(make_watch: Callable[..., Watch], store: ObjectStore) -> None:
    assert make_watch().look() is None
    abandon(store, Phase.PREPARED)
    with lease(store, lease_name(IDENTIFIER), holder="coordinator", seconds=15) as held:
        journal = Journal.take_over(store, "main", held=held)
        assert journal is not None
        journal.close()
    assert make_watch().look() is None


def test_while_its_coordinator_lives_a_round_is_left_alone(
    make_watch: Callable[..., Watch], store: ObjectStore, cluster: Cluster, pager: FakePager
) -> None:
    watch = make_watch()
    with lease(store, lease_name(IDENTIFIER), holder="coordinator", seconds=15) as held:
        journal = Journal.open(store, told(Phase.PREPARED), held=held, lease=15, longest=900)
        journal.advance(Phase.BREAKING, undo=[KILL])
        assert watch.look() is None
        assert watch.open == journal.entry
        journal.advance(Phase.COMMITTED)
    assert cluster.done == []
    assert pager.requests == []


def test_an_abandoned_round_is_healed_closed_paged_and_on_record_once(
    make_watch: Callable[..., Watch], store: ObjectStore, cluster: Cluster, pager: FakePager
) -> None:
    abandon(store, Phase.BREAKING, KILL)
    watch = make_watch()
    acted = watch.look()
    assert acted is not None
    assert (acted.course, acted.settled) == (Course.HEAL, True)
    assert cluster.done == ["heal kill alpha"]
    entry = journaling.read(store, "main")
    assert entry is not None and not entry.is_open
    assert entry.round.facts["ended by"] == "guard: heal"

    (page,) = pager.pages
    assert page["title"] == "Failover test crash on main (staging) lost its coordinator"
    assert page["text"] == (
        "All was taken back: alpha is primary, beta is standby; the route leads to alpha. "
        "Nothing is left to do."
    )
    assert page["details"]["led by"] == "coordinator"
    (record,) = evidence(store)
    assert record.verdict is Verdict.FAILED
    assert record.details["phase"] == "breaking"
    assert {each.name: each.verdict for each in record.checks} == {
        "the coordinator lives": Verdict.FAILED,
        "heal kill of alpha": Verdict.PASSED,
        "the primary serves again": Verdict.PASSED,
        "the standby follows again": Verdict.PASSED,
        "one writable primary": Verdict.PASSED,
        "nothing of the canary is left": Verdict.PASSED,
        "paged": Verdict.PASSED,
    }
    assert watch.look() is None
    assert len(pager.requests) == 1


def test_past_the_commit_point_it_goes_forward(
    make_watch: Callable[..., Watch], store: ObjectStore, cluster: Cluster, pager: FakePager
) -> None:
    abandon(store, Phase.COMMITTED, KILL)
    acted = make_watch().look()
    assert acted is not None
    assert (acted.course, acted.settled) == (Course.FORWARD, True)
    assert cluster.done == ["fence alpha", "promote beta", "route beta"]
    assert pager.pages[0]["text"] == (
        "Past the commit point nothing is reverted: alpha is down, beta is primary; the route leads to beta. "
        "alpha is fenced: let it rejoin as a standby."
    )
    entry = journaling.read(store, "main")
    assert entry is not None
    assert entry.round.facts[FENCED] == "alpha"


def test_what_is_not_in_order_is_tried_again_told_once_and_the_round_stays_open(
    make_watch: Callable[..., Watch],
    store: ObjectStore,
    cluster: Cluster,
    pager: FakePager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "AGAIN", (0.0,))
    abandon(store, Phase.COMMITTED)
    cluster.failing["promote"] = DriverFailed("beta is down")
    watch = make_watch()
    for _ in range(3):
        acted = watch.look()
        assert acted is not None and not acted.settled
    assert cluster.done.count("promote beta") == 3
    assert len(pager.requests) == len(evidence(store)) == 1
    assert "NOT in order: beta is promoted: beta is down" in pager.pages[0]["text"]
    entry = journaling.read(store, "main")
    assert entry is not None and entry.is_open
    assert [each.holder for each in entry.trail] == ["coordinator", "coordinator", "guard"]

    del cluster.failing["promote"]
    acted = watch.look()
    assert acted is not None and acted.settled
    assert len(pager.requests) == len(evidence(store)) == 2


def test_between_two_attempts_the_cluster_is_left_in_peace(
    make_watch: Callable[..., Watch], store: ObjectStore, cluster: Cluster
) -> None:
    abandon(store, Phase.COMMITTED)
    cluster.failing["promote"] = DriverFailed("beta is down")
    watch = make_watch()
    assert watch.look() is not None
    assert watch.look() is None


def test_of_two_guards_one_acts(
    make_watch: Callable[..., Watch], store: ObjectStore, cluster: Cluster, pager: FakePager
) -> None:
    abandon(store, Phase.BREAKING, KILL)
    at_it, seen = threading.Event(), threading.Event()
    heal = cluster.heal

    def slowly(fault: str, node: str) -> None:
        at_it.set()
        assert seen.wait(20)
        heal(fault, node)

    cluster.heal = slowly  # type: ignore[method-assign]
    first = threading.Thread(target=make_watch("guard one").look)
    first.start()
    assert at_it.wait(20)
    assert make_watch("guard two").look() is None
    seen.set()
    first.join(20)
    assert make_watch("guard two").look() is None
    assert cluster.done.count("heal kill alpha") == 1
    assert len(pager.requests) == 1


def test_a_guard_that_dies_of_its_work_is_red_and_another_goes_on(
    make_watch: Callable[..., Watch], store: ObjectStore, cluster: Cluster, pager: FakePager
) -> None:
    abandon(store, Phase.BREAKING, KILL)
    cluster.failing["heal"] = RuntimeError("password=hunter2")
    acted = make_watch("guard one").look()
    assert acted is not None and not acted.settled
    assert "RuntimeError" in pager.pages[0]["text"]
    assert "hunter2" not in str(pager.pages) + acted.record.model_dump_json()
    cluster.failing.clear()
    acted = make_watch("guard two").look()
    assert acted is not None and acted.settled
    assert acted.record.details["led by"] == "coordinator"


def test_a_page_that_nobody_took_is_tried_again(
    make_watch: Callable[..., Watch],
    store: ObjectStore,
    cluster: Cluster,
    pager: FakePager,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "AGAIN", (0.0,))
    abandon(store, Phase.COMMITTED)
    cluster.failing["promote"] = DriverFailed("beta is down")
    pager.answers += [400, 202]
    watch = make_watch()
    watch.look()
    watch.look()
    watch.look()
    assert len(pager.requests) == 2
    assert [each.checks[-1].verdict for each in evidence(store)] == [Verdict.PASSED, Verdict.FAILED]


def test_without_the_store_it_does_nothing_but_page(
    make_watch: Callable[..., Watch],
    store: ObjectStore,
    cluster: Cluster,
    pager: FakePager,
    monkeypatch: pytest.MonkeyPatch,
    object_store_server: Any,
) -> None:
    monkeypatch.setattr(watching, "STORE_PATIENCE", 0.2)
    with before(object_store_server.server.ports["s3"]) as faulty:
        extra = {**store.connection.extra, "endpoint_url": f"http://127.0.0.1:{faulty.port}"}
        watch = make_watch(dataops_store=dataclasses.replace(store.connection, extra=extra))
        with lease(store, lease_name(IDENTIFIER), holder="coordinator", seconds=15) as held:
            Journal.open(store, told(Phase.BREAKING, KILL), held=held, lease=15, longest=900)
            assert watch.look() is None
        faulty.decide = lambda method, path: 503
        assert watch.look() is None
        assert "Could not read failover/main/journal.json" in watch.trouble
        assert pager.requests == []  # a store may stumble; its coordinator's lease has not run out yet
        assert watch._blind_since is not None
        watch._blind_since -= 16
        assert watch.look() is None
        assert watch.look() is None
        assert pager.titles == ["The guard cannot reach the store during a failover test on main"]
        assert cluster.done == []
        faulty.decide = lambda method, path: None
        acted = watch.look()
        assert acted is not None and acted.settled
        assert not watch.trouble


def test_a_store_that_goes_away_while_it_heals_leaves_the_round_open_and_the_evidence_waiting(
    make_watch: Callable[..., Watch],
    store: ObjectStore,
    cluster: Cluster,
    pager: FakePager,
    monkeypatch: pytest.MonkeyPatch,
    object_store_server: Any,
) -> None:
    monkeypatch.setattr(watching, "STORE_PATIENCE", 0.2)
    monkeypatch.setattr(watching, "AGAIN", (0.0,))
    abandon(store, Phase.BREAKING, KILL)
    with before(object_store_server.server.ports["s3"]) as faulty:
        extra = {**store.connection.extra, "endpoint_url": f"http://127.0.0.1:{faulty.port}"}
        watch = make_watch(dataops_store=dataclasses.replace(store.connection, extra=extra))
        heal = cluster.heal

        def cut_off(fault: str, node: str) -> None:
            heal(fault, node)
            faulty.decide = lambda method, path: 503

        monkeypatch.setattr(cluster, "heal", cut_off)
        acted = watch.look()
        assert acted is not None and not acted.settled
        assert acted.published is not None and acted.published.spooled
        assert "NOT in order: journal closed" in pager.pages[0]["text"]
        assert watch.look() is None
        faulty.decide = lambda method, path: None
        monkeypatch.setattr(cluster, "heal", heal)
        acted = watch.look()
        assert acted is not None and acted.settled
    assert [len(each.checks) for each in evidence(store)] == [7, 8]  # the newest first: it closed the journal


def test_a_journal_that_cannot_be_read_is_paged_once(
    make_watch: Callable[..., Watch], store: ObjectStore, pager: FakePager
) -> None:
    store.put(journaling.key("main"), "{")
    watch = make_watch()
    assert watch.look() is None
    assert watch.look() is None
    assert pager.titles == ["The journal of failover tests on main (staging) cannot be read"]
    assert "cannot be read" in watch.trouble


def test_a_round_that_does_not_end_is_paged_once_and_left_to_its_coordinator(
    make_watch: Callable[..., Watch], store: ObjectStore, cluster: Cluster, pager: FakePager
) -> None:
    watch = make_watch()
    with lease(store, lease_name(IDENTIFIER), holder="coordinator", seconds=15) as held:
        Journal.open(store, told(Phase.BREAKING, KILL), held=held, lease=15, longest=-1)
        assert watch.look() is None
        assert watch.look() is None
        assert pager.titles == ["Failover test crash on main (staging) does not end"]
    assert cluster.done == []


def test_a_person_finishes_a_round_on_record_and_the_guard_looks_away(
    make_watch: Callable[..., Watch], store: ObjectStore, cluster: Cluster, pager: FakePager
) -> None:
    watch = make_watch()
    with pytest.raises(ConfigurationError, match="No round"):
        finish(watch.platform, "main", who="carol", why="beta is dead")
    abandon(store, Phase.COMMITTED)
    with pytest.raises(ConfigurationError, match="Say why"):
        finish(watch.platform, "main", who="carol", why=" ")
    with (
        lease(store, lease_name(IDENTIFIER), holder="guard", seconds=15),
        pytest.raises(LeaseHeld, match="held by guard"),
    ):
        finish(watch.platform, "main", who="carol", why="beta is dead")
    record, published = finish(watch.platform, "main", who="carol", why="beta is dead")
    assert record.verdict is Verdict.INCONCLUSIVE
    assert "carol says: beta is dead" in record.reason
    assert published.sequence == 1
    assert watch.look() is None
    assert (cluster.done, pager.requests) == ([], [])
