"""Which node the sandbox leads clients to when it starts, and what it tells failover tests of its nodes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from sandbox.home import Home
from sandbox.platform import PORTS, SandboxPlatform
from sandbox.postgresql import Cluster
from sandbox.secret import Secrets

IDENTIFIER = 7713288292524641753


@pytest.fixture
def platform(tmp_path: Path) -> SandboxPlatform:
    home = Home(tmp_path)
    return SandboxPlatform(
        home, {name: 20000 + at for at, name in enumerate(PORTS)}, Secrets.load(tmp_path / "s")
    )


def made(cluster: Cluster, *, standby: bool) -> None:
    """What initdb and pg_basebackup leave, as far as it is looked at."""
    (cluster.data / "global").mkdir(parents=True, exist_ok=True)
    control = IDENTIFIER.to_bytes(8, sys.byteorder) + b"\x00" * 8
    (cluster.data / "global" / "pg_control").write_bytes(control)
    (cluster.folder / "complete").touch()
    signal = cluster.data / "standby.signal"
    signal.touch() if standby else signal.unlink(missing_ok=True)


def test_clients_are_led_to_the_node_that_is_no_standby_whatever_its_name(platform: SandboxPlatform) -> None:
    assert platform.leader == "alpha", "before anything is made"
    made(platform.primary, standby=False)
    made(platform.standby, standby=True)
    assert platform.leader == "alpha"
    made(platform.primary, standby=True)
    made(platform.standby, standby=False)
    assert platform.leader == "beta"


def test_only_a_cluster_that_was_made_may_be_failed_over_and_only_on_loopback(
    platform: SandboxPlatform,
) -> None:
    assert platform.connections()["failover_targets"]["extra"] == {}
    made(platform.primary, standby=False)
    targets = platform.connections()["failover_targets"]["extra"]
    assert targets == {str(IDENTIFIER): {"environment": "sandbox", "hosts": ["127.0.0.1"]}}


def test_each_node_has_a_machine_whose_supervisor_starts_it(platform: SandboxPlatform) -> None:
    connections = platform.connections()
    for service, cluster in (("primary", platform.primary), ("standby", platform.standby)):
        extra = connections[f"sandbox_{service}_host"]["extra"]
        assert extra["data"] == str(cluster.data)
        assert extra["start"][-2:] == ["start", service]
    assert connections["sandbox_route"]["port"] == platform.ports["route"]
