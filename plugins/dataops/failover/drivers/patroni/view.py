"""What Patroni's REST API says, as values: the cluster as its store knows it, one member, the configuration.

Source: Patroni documentation, "Patroni REST API"; ``cluster_as_json`` in patroni/utils.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEADERS = frozenset(("leader", "standby_leader"))
SYNCHRONOUS = frozenset(("sync_standby", "quorum_standby"))


@dataclass(frozen=True)
class Member:
    """One member as the cluster's store (DCS) knows it; up to ``ttl`` seconds old when it died."""

    name: str
    role: str
    """leader, replica, sync_standby, quorum_standby or standby_leader."""
    state: str
    """Such as running, streaming, stopped, start failed."""
    timeline: int
    api: str
    """Where its REST API is."""
    tags: Mapping[str, Any]


@dataclass(frozen=True)
class Cluster:
    """The cluster as its store knows it now."""

    scope: str
    members: tuple[Member, ...]
    paused: bool

    def is_synchronous(self, name: str) -> bool:
        """Whether the member is one that the leader waits for."""
        return any(each.name == name and each.role in SYNCHRONOUS for each in self.members)

    @property
    def leader(self) -> str:
        """The member that holds the leader's lock; empty where nobody does."""
        return next((each.name for each in self.members if each.role in LEADERS), "")


@dataclass(frozen=True)
class Status:
    """What a member says of itself."""

    role: str
    """primary or replica, by pg_is_in_recovery(); Patroni before 4 says master."""
    state: str
    timeline: int
    streaming: bool

    @property
    def leads(self) -> bool:
        """Whether it runs as primary."""
        return self.role in {"primary", "master"} and self.state == "running"

    @property
    def follows(self) -> bool:
        """Whether it runs as a replica that streams."""
        return self.role == "replica" and self.state == "running" and self.streaming


@dataclass(frozen=True)
class Configuration:
    """The dynamic configuration, which bounds how long a failover may take; in seconds, lag in bytes."""

    ttl: float = 30
    loop_wait: float = 10
    retry_timeout: float = 10
    primary_start_timeout: float = 300
    maximum_lag: int = 1048576
    synchronous: bool = False
    deletes_diverged: bool = False
    """Whether Patroni deletes the data directory of an old primary that it cannot rewind."""

    @property
    def longest(self) -> float:
        """Seconds within which a dead leader must have a successor: its lock runs out, and two loops."""
        return self.ttl + 2 * self.loop_wait + self.retry_timeout


def cluster(said: Mapping[str, Any]) -> Cluster:
    """What ``GET /cluster`` says."""
    members = tuple(
        Member(
            name=str(each["name"]),
            role=str(each.get("role", "")),
            state=str(each.get("state", "")),
            timeline=_number(each.get("timeline")),
            api=str(each.get("api_url", "")).removesuffix("/patroni"),
            tags=each.get("tags") or {},
        )
        for each in said.get("members", ())
    )
    return Cluster(scope=str(said.get("scope", "")), members=members, paused=bool(said.get("pause")))


def status(said: Mapping[str, Any]) -> Status:
    """What ``GET /patroni`` says."""
    return Status(
        role=str(said.get("role", "")),
        state=str(said.get("state", "")),
        timeline=_number(said.get("timeline")),
        streaming=said.get("replication_state") == "streaming",
    )


def configuration(said: Mapping[str, Any]) -> Configuration:
    """What ``GET /config`` says, with Patroni's defaults for what stands nowhere."""
    default = Configuration()
    return Configuration(
        ttl=float(said.get("ttl", default.ttl)),
        loop_wait=float(said.get("loop_wait", default.loop_wait)),
        retry_timeout=float(said.get("retry_timeout", default.retry_timeout)),
        primary_start_timeout=float(
            said.get("primary_start_timeout", said.get("master_start_timeout", default.primary_start_timeout))
        ),
        maximum_lag=int(said.get("maximum_lag_on_failover", default.maximum_lag)),
        synchronous=said.get("synchronous_mode") not in {None, False, "off", "false"},
        deletes_diverged=bool(
            (said.get("postgresql") or {}).get("remove_data_directory_on_diverged_timelines")
        ),
    )


def unready(seen: Cluster, settings: Configuration) -> str:
    """Why a cluster that is set like this must not be broken in a test; empty where it may be."""
    if seen.paused:
        return (
            "Patroni is paused: somebody works on the cluster, and it would not fail over by itself. "
            "Resume it first."
        )
    if settings.deletes_diverged:
        return (
            "Patroni would delete the data directory of an old primary that it cannot rewind: set "
            "postgresql.remove_data_directory_on_diverged_timelines to false."
        )
    return ""


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
