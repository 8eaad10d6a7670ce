"""A plan's words for a Patroni cluster: the commands, their undo, and nothing that changes by itself."""

from __future__ import annotations

from typing import get_args

import pytest
from dataops.connections import Connection
from dataops.failover.drivers.driver import ActionName, Told
from dataops.failover.drivers.patroni import faults, telling

MACHINE = Connection(
    "alpha_host",
    "local",
    extra={
        "data": "/var/lib/pg",
        "patroni": "/etc/patroni.yml",
        "start": ["systemctl", "start", "patroni"],
        "stop": ["systemctl", "stop", "patroni"],
    },
)
MEMBER = telling.Member.of(MACHINE, "http://10.0.0.5:8008")


def told(action: ActionName, fault: str = "") -> Told:
    return telling.tell(action, "alpha", fault=fault, member=MEMBER, leader="beta", route=Told(("lead",)))


@pytest.mark.parametrize(
    "fault", ["kill", "stop", "hang", "hang_postmaster", "lagging_standby", "region_lost"]
)
def test_each_fault_says_its_commands_and_how_it_is_undone(fault: str) -> None:
    said = told("break", fault)
    assert said.commands
    assert said.undo == told("heal", fault).commands
    for line in (*said.commands, *said.undo):
        assert "{" not in line
        assert line.startswith("alpha: ")


def test_a_kill_takes_patroni_first_so_that_nothing_is_started_again() -> None:
    assert told("break", "kill").commands == (
        "alpha: kill -KILL <Patroni, started with /etc/patroni.yml>",
        "alpha: kill -KILL <every process of PostgreSQL in /var/lib/pg>",
    )
    assert told("break", "kill").undo == ("alpha: systemctl start patroni",)


def test_every_action_has_words_and_a_switchover_its_way_back() -> None:
    for action in get_args(ActionName):
        assert told(action, "kill").commands, action
    switch = told("switch")
    assert switch.commands == (
        'POST http://10.0.0.5:8008/switchover {"leader": "beta", "candidate": "alpha"}',
    )
    assert switch.undo == ('POST http://10.0.0.5:8008/switchover {"leader": "alpha", "candidate": "beta"}',)
    assert told("route").commands == ("lead",)


def test_what_patroni_cannot_do_is_refused_with_what_it_can() -> None:
    assert faults.known("cut_node") is None
    assert "cut_clients, cut_replication, hang" in faults.refusal("cut_node")
    assert "chooses the moment" in faults.refusal("kill_standby_while_promoting")
    assert not told("break", "cut_node").commands
