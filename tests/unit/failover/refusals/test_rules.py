"""Each refusal by name: red by the fault that it exists for, green on a healthy cluster."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from dataops.connections import Connection
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.guard.heartbeat import Heartbeat
from dataops.failover.hosts.host import Disk
from dataops.failover.planning.course import course_of, told_course_of
from dataops.failover.refusals.facts import Facts, Machine, Proven, Unknown
from dataops.failover.refusals.preflight import OF_CLUSTER, OF_TARGET, judge
from dataops.failover.refusals.targets import SecondKey, Target
from dataops.failover.scenario import Scenario
from dataops.failover.topology import Role

from tests.unit.failover.builders import AT, IDENTIFIER, LSN, cluster, failover, node, scenario, server

PRIMARY, STANDBY = Role.PRIMARY, Role.STANDBY
DAY = timedelta(days=1)


def machine(name: str, **changes: Any) -> Machine:
    made = Machine(
        hostname=f"{name}.local",
        address="",
        data=f"/var/lib/postgresql/{name}",
        alive=True,
        disks=(Disk("8:1", "/var", 10 << 30, 5 << 30),),
    )
    return replace(made, **changes)


def guard(**changes: Any) -> Heartbeat:
    made = Heartbeat(
        host="watch.local",
        process=7,
        environment="staging",
        every=2.0,
        started=AT - DAY,
        at=AT,
        reaches={"main": ""},
        pages=True,
    )
    return replace(made, **changes)


def facts(wanted: Scenario | None = None, **changes: Any) -> Facts:
    """A cluster of which nothing forbids to break it."""
    found = wanted or scenario()
    made = Facts(
        scenario=found,
        server=server(),
        settings=failover(),
        environment="staging",
        course=course_of(found),
        way=told_course_of(found),
        now=AT,
        seen=cluster(),
        candidate="beta",
        why_none="",
        unsupported="",
        nodes={name: Connection(id=name, host="10.0.0.5") for name in ("alpha", "beta")},
        targets={IDENTIFIER: Target("staging", ("10.0.0.5",))},
        machines={"alpha": machine("alpha"), "beta": machine("beta")},
        guards=(guard(),),
        proven=Proven("20261127T010000Z-aaaaaa", AT - DAY),
    )
    return replace(made, **changes)


def verdicts(found: Facts) -> dict[str, Check]:
    return {check.name: check for check in judge(found, (*OF_TARGET, *OF_CLUSTER))}


def red(found: Facts) -> list[str]:
    return [name for name, check in verdicts(found).items() if check.verdict is Verdict.FAILED]


def test_nothing_forbids_a_healthy_cluster() -> None:
    found = verdicts(facts())
    assert {check.verdict for check in found.values()} == {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    left_out = [name for name, check in found.items() if check.verdict is Verdict.NOT_APPLICABLE]
    assert left_out == ["second key", "unlogged tables"]


OTHER = cluster(node("alpha", PRIMARY, system_identifier="1"), node("beta", STANDBY, system_identifier="1"))
NODES = (("alpha", PRIMARY), ("beta", STANDBY))
NO_PAGES = {"full_page_writes": "off"}
MIXED = cluster(node("alpha", PRIMARY), node("beta", STANDBY, system_identifier="2"))


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"seen": OTHER}, "cluster is on the list of targets", "add it to the connection 'failover_targets'"),
        ({"seen": MIXED}, "cluster is on the list of targets", "the nodes are not one cluster"),
        ({"environment": "prod"}, "environment is the target's", "another may call production"),
        (
            {"targets": {IDENTIFIER: Target("prod", ("10.0.0.5",))}},
            "environment is the target's",
            "production",
        ),
        ({"targets": {IDENTIFIER: Target("staging", ("10.0.0.6",))}}, "hosts are on the list", "10.0.0.6"),
        ({"nodes": {"alpha": Connection(id="a", host="")}}, "hosts are on the list", "allows 10.0.0.5"),
        (
            {"machines": {"alpha": machine("alpha", address="10.9.9.9"), "beta": machine("beta")}},
            "hosts are on the list",
            "allows",
        ),
        (
            {"machines": {"alpha": machine("alpha", data="/elsewhere"), "beta": machine("beta")}},
            "machines are the nodes' own",
            "hit another server",
        ),
        (
            {"machines": {"alpha": machine("alpha"), "beta": machine("beta", alive=False)}},
            "machines are the nodes' own",
            "hit another server",
        ),
        ({"settings": failover(production=True)}, "second key", "by somebody else"),
        ({"lever": "pulled by dba"}, "kill lever is free", "failover stop --release"),
        ({"open_round": "crash, breaking"}, "no other round is open", "must finish it first"),
        ({"guards": ()}, "guard watches", "start `dataops failover guard`"),
        ({"guards": (guard(host="beta.local"),)}, "guard watches", "would die with what it guards"),
        ({"guards": (guard(reaches={}),)}, "guard watches", "does not know this server"),
        ({"guards": (guard(reaches={"main": "no route"}),)}, "guard watches", "could not act: no route"),
        ({"guards": (guard(pages=False),)}, "guard watches", "page nobody"),
        ({"busy": "backup 1 on w1"}, "no backup runs", "wait until it has ended"),
        (
            {"publications": ("everything",), "consumers": ("cdc",)},
            "canary hurts no subscriber",
            "would stop",
        ),
        (
            {"seen": cluster(node("alpha", PRIMARY), node("beta", PRIMARY))},
            "one primary, all nodes well",
            "2 nodes say",
        ),
        (
            {"seen": cluster(node("alpha", PRIMARY), node("beta", STANDBY), node("c", Role.UNKNOWN))},
            "one primary, all nodes well",
            "c must be well",
        ),
        ({"candidate": "", "why_none": "No standby"}, "standby streams", "No standby"),
        (
            {"seen": cluster(node("alpha", PRIMARY), node("beta", STANDBY, streaming=False))},
            "standby streams",
            "receives no WAL from alpha",
        ),
        (
            {"seen": cluster(node("alpha", PRIMARY, timeline=2), node("beta", STANDBY))},
            "standby streams",
            "another history",
        ),
        (
            {"seen": cluster(node("alpha", PRIMARY), node("beta", STANDBY, received=LSN - 16_000_001))},
            "standby is not behind",
            "so much would be lost",
        ),
        (
            {"seen": cluster(node("alpha", PRIMARY), node("beta", STANDBY, received=0))},
            "standby is not behind",
            "told no position",
        ),
        *(
            (
                {"seen": cluster(*(node(name, role, version=version) for name, role in NODES))},
                "major is known",
                reason,
            )
            for version, reason in (
                (130022, "nobody tried a failover test on PostgreSQL 13: only 14 to 18 are known"),
                (190001, "nobody tried a failover test on PostgreSQL 19: only 14 to 18 are known"),
                (0, "see why no node answers"),
            )
        ),
        (
            {"seen": cluster(node("alpha", PRIMARY), node("beta", STANDBY, version=160004))},
            "major is known",
            "of different majors",
        ),
        ({"seen": cluster(routed="beta")}, "clients reach the primary", "should lead to alpha"),
        ({"seen": cluster(routed="")}, "clients reach the primary", "should lead to alpha"),
        (
            {"seen": cluster(node("alpha", PRIMARY, checksums=False), node("beta", STANDBY))},
            "old primary can be rewound",
            "set wal_log_hints, or enable checksums",
        ),
        (
            {"seen": cluster(node("alpha", PRIMARY, settings=NO_PAGES), node("beta", STANDBY))},
            "old primary can be rewound",
            "needs full_page_writes",
        ),
        (
            {"machines": {"beta": machine("beta", disks=(Disk("8:2", "/full", 40 << 20, 1 << 20),))}},
            "room on the disks",
            "a node that runs full stops",
        ),
        ({"unsupported": "no nft"}, "driver can break this", "no nft"),
        ({"proven": None}, "backup is proven", "dataops drill run main"),
        ({"proven": Proven("b", AT - 9 * DAY)}, "backup is proven", "longer ago than 8d"),
    ],
)
def test_a_refusal_has_its_name_and_says_what_to_do(changes: dict[str, Any], name: str, reason: str) -> None:
    check = verdicts(facts(**changes))[name]
    assert check.verdict is Verdict.FAILED
    assert reason in check.reason


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"targets": Unknown("no connection")},
         ["cluster is on the list of targets", "environment is the target's", "hosts are on the list"]),
        ({"machines": {"alpha": Unknown("no answer")}}, ["machines are the nodes' own", "room on the disks"]),
        ({"guards": Unknown("the store is down")}, ["guard watches"]),
        ({"lever": Unknown("the store is down")}, ["kill lever is free"]),
        ({"open_round": Unknown("the store is down")}, ["no other round is open"]),
        ({"proven": Unknown("the store is down")}, ["backup is proven"]),
        ({"publications": Unknown("no right")}, ["canary hurts no subscriber"]),
        ({"key": Unknown("no mapping"), "settings": failover(production=True)}, ["second key"]),
    ],
)  # fmt: skip
def test_what_could_not_be_looked_at_is_inconclusive_and_never_passed(
    changes: dict[str, Any], names: list[str]
) -> None:
    found = verdicts(facts(**changes))
    assert all(found[name].verdict is Verdict.INCONCLUSIVE for name in names)


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        (SecondKey("shop_test", AT + DAY), Verdict.PASSED),
        (SecondKey("other", AT + DAY), Verdict.FAILED),
        (SecondKey("shop_test", AT), Verdict.FAILED),
        (SecondKey("shop_test", AT + 8 * DAY), Verdict.FAILED),
        (None, Verdict.FAILED),
    ],
)
def test_production_needs_a_second_key_of_this_scenario(key: SecondKey | None, verdict: Verdict) -> None:
    found = facts(environment="production", key=key)
    assert found.production
    assert verdicts(found)["second key"].verdict is verdict


def test_a_freeze_ends_with_its_last_day() -> None:
    frozen = failover(freezes=[{"since": "2026-11-20", "until": "2026-11-28", "reason": "Black Friday"}])
    check = verdicts(facts(settings=frozen))["no freeze"]
    assert (check.verdict, check.reason) == (Verdict.FAILED, "Black Friday")
    assert "no freeze" not in red(facts(settings=frozen, now=AT + DAY))


def test_on_one_machine_the_guard_may_be_where_the_nodes_are() -> None:
    found = facts(guards=(guard(host="beta.local"),), settings=failover(one_machine=True))
    assert "guard watches" not in red(found)


def test_one_good_guard_of_two_is_enough() -> None:
    assert "guard watches" not in red(facts(guards=(guard(pages=False), guard())))


def test_wal_log_hints_are_as_good_as_checksums() -> None:
    primary = node("alpha", PRIMARY, checksums=False, settings={"wal_log_hints": "on"})
    assert red(facts(seen=cluster(primary, node("beta", STANDBY)))) == []


def test_a_lag_up_to_the_limit_is_allowed() -> None:
    seen = cluster(node("alpha", PRIMARY), node("beta", STANDBY, received=LSN - 16_000_000))
    assert red(facts(seen=seen)) == []


def test_what_promotes_nobody_needs_no_rewind() -> None:
    primary = node("alpha", PRIMARY, checksums=False)
    found = facts(scenario("partition", fault="cut_clients"), seen=cluster(primary, node("beta", STANDBY)))
    assert verdicts(found)["old primary can be rewound"].verdict is Verdict.NOT_APPLICABLE


def test_unlogged_tables_are_told_and_not_refused() -> None:
    check = verdicts(facts(unlogged=("sessions", "cache")))["unlogged tables"]
    assert check.verdict is Verdict.PASSED
    assert check.observed == "will be empty on the promoted node: sessions, cache"


def test_a_tabletop_is_not_asked_whether_it_may_touch_anything() -> None:
    found = verdicts(facts(scenario("tabletop"), targets=Unknown("no connection"), guards=(), proven=None))
    assert {found[rule.name].verdict for rule in OF_TARGET} == {Verdict.NOT_APPLICABLE}
    assert found["backup is proven"].verdict is Verdict.FAILED
    assert found["standby streams"].verdict is Verdict.PASSED
