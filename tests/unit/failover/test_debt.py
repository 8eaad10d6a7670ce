"""Readiness debt is told by name, with what to do; a cluster that is well prepared has none."""

from __future__ import annotations

from typing import Any

import pytest
from dataops.connections import Connection
from dataops.failover.debt import debts, room_for_a_rebuild
from dataops.failover.hosts.host import Disk
from dataops.failover.inventories import DatabaseHoldings, Holdings, Prepared, Slot
from dataops.failover.refusals.facts import Machine, Unknown
from dataops.failover.topology import Role, Topology

from tests.unit.failover.builders import cluster, failover, node

WELL = {
    "wal_retrieve_retry_interval": "100ms",
    "primary_slot_name": "beta",
    "tcp_keepalives_idle": "30s",
    "tcp_keepalives_interval": "10s",
    "tcp_keepalives_count": "3",
    "wal_sender_timeout": "60000ms",
    "wal_keep_size": "512MB",
    "archive_mode": "on",
    "synchronous_standby_names": "",
    "port": "5432",
}
ROUTED = Connection(
    id="main_route", host="a,b", extra={"target_session_attrs": "read-write", "connect_timeout": 2}
)
NOTHING = Holdings(in_recovery=False)


def prepared(standby: dict[str, str] | None = None, **changes: Any) -> Topology:
    """Two standbys, all settings as they should be, but for what a test changes on beta."""
    return cluster(
        node("alpha", Role.PRIMARY, settings=WELL),
        node("beta", Role.STANDBY, settings={**WELL, "port": "5433", **(standby or {})}, **changes),
        node("gamma", Role.STANDBY, settings=WELL),
    )


def names(
    seen: Topology, holdings: Holdings | None = NOTHING, routed: Connection = ROUTED, **settings: Any
) -> list[str]:
    return [each.name for each in debts(seen, holdings, routed, failover(**settings))]


def test_a_cluster_that_is_well_prepared_owes_nothing() -> None:
    assert names(prepared()) == []


@pytest.mark.parametrize(
    ("setting", "value", "owed"),
    [
        ("wal_retrieve_retry_interval", "5000ms", "wal_retrieve_retry_interval"),
        ("wal_retrieve_retry_interval", "5s", "wal_retrieve_retry_interval"),
        ("primary_slot_name", "", "slot of a standby"),
        ("tcp_keepalives_idle", "7200s", "keepalives of the server"),
        ("tcp_keepalives_idle", "0", "keepalives of the server"),
        ("wal_sender_timeout", "0ms", "wal_sender_timeout"),
        ("wal_keep_size", "0MB", "wal_keep_size"),
        ("archive_mode", "off", "archive_mode"),
    ],
)
def test_a_setting_that_would_cost_time_is_owed(setting: str, value: str, owed: str) -> None:
    found = names(prepared({setting: value}))
    assert owed in found


def test_settings_that_differ_are_named_but_for_what_is_a_nodes_own() -> None:
    found = debts(prepared({"max_connections": "50"}), NOTHING, ROUTED, failover())
    assert found == ()  # the primary does not tell that one
    seen = cluster(
        node("alpha", Role.PRIMARY, settings={**WELL, "work_mem": "64MB"}),
        node("beta", Role.STANDBY, settings={**WELL, "work_mem": "4MB", "port": "1"}),
        node("gamma", Role.STANDBY, settings={**WELL, "work_mem": "64MB"}),
    )
    (debt,) = debts(seen, NOTHING, ROUTED, failover())
    assert debt.observed == "beta from alpha: work_mem (64MB, there 4MB)"


def test_a_setting_of_an_application_is_named_without_its_value() -> None:
    seen = cluster(
        node("alpha", Role.PRIMARY, settings={**WELL, "app.token": "hunter2"}),
        node("beta", Role.STANDBY, settings={**WELL, "app.token": "hunter3"}),
        node("gamma", Role.STANDBY, settings=WELL),
    )
    (debt,) = debts(seen, NOTHING, ROUTED, failover())
    assert debt.observed == "beta from alpha: app.token"


def test_what_all_nodes_owe_alike_is_told_once() -> None:
    settings = {**WELL, "archive_mode": "off"}
    seen = cluster(*(node(name, role, settings=settings) for name, role in (
        ("alpha", Role.PRIMARY), ("beta", Role.STANDBY), ("gamma", Role.STANDBY))))  # fmt: skip
    (debt,) = debts(seen, NOTHING, ROUTED, failover())
    assert debt.observed == "off on alpha; off on beta; off on gamma"


def test_no_checksums_are_owed_on_each_node() -> None:
    assert names(prepared(checksums=False)) == ["data checksums"]


def test_a_single_standby_is_owed_another() -> None:
    seen = cluster(node("alpha", Role.PRIMARY, settings=WELL), node("beta", Role.STANDBY, settings=WELL))
    assert names(seen) == ["one standby"]
    alone = {**WELL, "synchronous_standby_names": "*"}
    seen = cluster(node("alpha", Role.PRIMARY, settings=alone), node("beta", Role.STANDBY, settings=alone))
    assert names(seen) == ["one standby", "synchronous_standby_names"]


def test_a_managed_cluster_owes_nothing_of_its_machines() -> None:
    seen = cluster(node("alpha", Role.PRIMARY, settings={}, checksums=False), driver="aurora")
    assert names(seen) == []


def test_what_a_failover_would_lose_is_owed() -> None:
    holdings = Holdings(
        in_recovery=False,
        slots=(Slot(name="cdc", kind="logical", database="shop"), Slot(name="b", kind="physical")),
        prepared=(Prepared(gid="x", database="shop"),),
        databases={"shop": DatabaseHoldings(unlogged=("cache",), subscriptions=("from_hr",))},
    )
    found = debts(prepared(), holdings, ROUTED, failover())
    assert [each.name for each in found] == [
        "logical slots",
        "unlogged tables",
        "prepared transactions",
        "subscriptions",
    ]
    assert "before PostgreSQL 17 none survives" in found[0].advice
    assert names(prepared(), None) == []


@pytest.mark.parametrize(
    ("free", "needed", "owed"), [(5 << 30, 4 << 30, 0), (3 << 30, 4 << 30, 1), (0, None, 0)]
)
def test_an_old_primary_needs_room_to_be_rebuilt_beside_its_data(
    free: int, needed: int | None, owed: int
) -> None:
    machine = Machine("a.local", "", "/data", alive=True, disks=(Disk("8:1", "/", 10 << 30, free),))
    holdings = Holdings(in_recovery=False, bytes=needed)
    assert len(room_for_a_rebuild("alpha", machine, holdings)) == owed
    assert room_for_a_rebuild("alpha", Unknown("no answer"), holdings) == ()


def test_a_slot_that_is_kept_on_standbys_survives() -> None:
    holdings = Holdings(in_recovery=False, slots=(Slot(name="cdc", kind="logical", failover=True),))
    assert names(prepared(), holdings) == []


def test_a_record_that_lives_long_is_owed() -> None:
    settings = failover(route={"kind": "route53", "connection": "r", "record": "db.example.org"})
    clients = Connection(id="r", host="db.example.org", extra={"connect_timeout": 2})
    assert debts(prepared(), NOTHING, clients, settings, 60) == ()
    (debt,) = debts(prepared(), NOTHING, clients, settings, 300)
    assert (debt.name, debt.observed) == ("DNS TTL", "300 s of db.example.org")


@pytest.mark.parametrize(
    ("routed", "settings", "owed"),
    [
        (Connection(id="r", host="a,b", extra={"connect_timeout": 2}), {}, ["target_session_attrs"]),
        (Connection(id="r", host="a", extra={"connect_timeout": 2}), {}, ["hosts of the clients"]),
        (Connection(id="r", host="a,b", extra={"target_session_attrs": "primary"}), {}, ["connect_timeout"]),
        (Connection(id="r", host="", extra={"connect_timeout": 2}), {}, []),
        (
            Connection(id="r", host="a", extra={"connect_timeout": 2}),
            {"route": {"kind": "haproxy", "connection": "r"}},
            [],
        ),
    ],
)
def test_clients_that_would_not_find_the_new_primary_owe_it(
    routed: Connection, settings: dict[str, Any], owed: list[str]
) -> None:
    assert names(prepared(), NOTHING, routed, **settings) == owed
