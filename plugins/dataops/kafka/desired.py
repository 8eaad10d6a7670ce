"""What the files under include/kafka/<cluster>/ declare, with defaults and profiles already applied.

Nothing here was read from a cluster, and nothing holds a secret: a user's password is the name of a
connection. Every value is final: a topic's ``configs`` are what its dynamic overrides shall be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

LEAST_ITERATIONS = 4096
MOST_ITERATIONS = 16384
"""Kafka's bounds of a SCRAM credential's iterations (ScramMechanism.java)."""

INHERITED = "inherited"
"""Stands in ``acknowledge:`` for the value that a topic gets when its own is taken out."""

THROTTLES = frozenset({
    "leader.replication.throttled.replicas",
    "follower.replication.throttled.replicas",
})
"""Configs that a reassignment sets for its own time: by default no file speaks about them."""


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where something is declared: the file, beginning with the include folder's name, and its line."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class State(StrEnum):
    """Whether a declared thing shall be there. ``absent`` is the only way to have something removed."""

    PRESENT = "present"
    ABSENT = "absent"


class Placement(StrEnum):
    """Where replicas lie: ``any`` leaves it to Kafka, ``cross_rack`` wants each in a rack of its own."""

    ANY = "any"
    CROSS_RACK = "cross_rack"


@dataclass(frozen=True, slots=True)
class Topic:
    """One declared topic. ``configs`` are its dynamic overrides, each as the text that Kafka stores.

    ``replicas`` are the broker ids of each partition where the file names them, else empty.
    ``acknowledged`` is the named danger, from a field (``partitions``, ``retention.ms``, ``state``) to
    the one new value that is agreed to: it covers no later change.
    ``ignore_configs`` are keys that the files do not govern: neither set nor unset.
    """

    name: str
    partitions: int
    replication_factor: int
    source: Source
    team: str
    owner: str
    configs: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    classification: str = ""
    profile: str = ""
    protected: bool = False
    state: State = State.PRESENT
    placement: Placement = Placement.ANY
    replicas: tuple[tuple[int, ...], ...] = ()
    acknowledged: Mapping[str, str] = field(default_factory=dict)
    ignore_configs: frozenset[str] = THROTTLES


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """One binding, declared or observed. All texts in Kafka's upper case but names, principal and host.

    ``resource``: TOPIC, GROUP, TRANSACTIONAL_ID, CLUSTER, DELEGATION_TOKEN; ``pattern``: LITERAL or PREFIXED;
    ``operation``: READ, WRITE, DESCRIBE, ALTER_CONFIGS and so on; ``permission``: ALLOW or DENY.
    """

    resource: str
    name: str
    principal: str
    operation: str
    permission: str = "ALLOW"
    pattern: str = "LITERAL"
    host: str = "*"

    def __str__(self) -> str:
        where = f"{self.resource.lower()} {self.name}{'*' * (self.pattern == 'PREFIXED')}"
        host = "" if self.host == "*" else f" from {self.host}"
        return f"{self.permission.lower()} {self.principal}{host} {self.operation.lower()} on {where}"


def quarantine(topic: str) -> Acl:
    """The binding that cuts off every writer of a topic which shall be deleted later."""
    return Acl("TOPIC", topic, "User:*", "WRITE", "DENY")


@dataclass(frozen=True, slots=True)
class DeclaredAcl:
    """A binding that shall be there, or shall be gone."""

    acl: Acl
    source: Source
    team: str
    state: State = State.PRESENT


@dataclass(frozen=True, slots=True)
class ScramUser:
    """One user's credential. ``secret`` is the id of the connection that holds the password.

    Kafka cannot tell a password, so the version stands in the number of iterations, which it can tell:
    a credential of version 3 has ``iterations`` + 3 of them. A change shows only when the version changes.
    """

    name: str
    secret: str
    version: int
    source: Source
    team: str
    mechanism: str = "SCRAM-SHA-512"
    iterations: int = 8192
    state: State = State.PRESENT

    @property
    def stored_iterations(self) -> int:
        """The iterations that the cluster shows for this version."""
        return self.iterations + self.version


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """Whom a quota holds for. An empty text is the default entity of that type, None means: not by that."""

    user: str | None = None
    client_id: str | None = None
    ip: str | None = None

    def __str__(self) -> str:
        parts = (("user", self.user), ("client", self.client_id), ("ip", self.ip))
        return ", ".join(f"{kind} {name or '(default)'}" for kind, name in parts if name is not None)


@dataclass(frozen=True, slots=True)
class Quota:
    """The limits of one entity; they are all of them: a limit that is not declared is unset.

    Keys: ``producer_byte_rate``, ``consumer_byte_rate`` (bytes a second and broker), ``request_percentage``,
    ``controller_mutation_rate``, ``connection_creation_rate``.
    """

    entity: Entity
    limits: Mapping[str, float]
    source: Source
    team: str
    state: State = State.PRESENT


@dataclass(frozen=True, slots=True)
class Deletion:
    """Whether topics may be deleted at all, and how long a topic must have had no writer before."""

    enabled: bool = False
    quarantine: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster that the files are about. Patterns are globs as in ``fnmatch``: ``*.ledger.*``.

    ``guarded``: a person must approve what is disruptive or destructive (a protected environment).
    ``protected`` topics have nothing destructive done to them, whatever their file says.
    ``foreign`` topics belong to other programs, besides those that every cluster knows: never touched.
    ``throttle`` is in bytes a second and broker, for the time of a reassignment; None for none.
    ``authoritative_acls``: bindings on declared topics that no file declares are removed.
    """

    name: str
    environment: str
    connection: str
    cluster_id: str
    owner: str
    source: Source
    guarded: bool = True
    protected: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    deletion: Deletion = Deletion()
    throttle: int | None = 50_000_000
    idle_after: timedelta = timedelta(days=30)
    most_lag: int | None = None
    authoritative_acls: bool = False


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that the files of one cluster declare, checked; names are unique over all its files.

    ``fingerprint`` is the SHA-256 of all of it, places in files left out.
    """

    cluster: Cluster
    topics: Mapping[str, Topic] = field(default_factory=dict)
    acls: tuple[DeclaredAcl, ...] = ()
    users: tuple[ScramUser, ...] = ()
    quotas: tuple[Quota, ...] = ()
    fingerprint: str = ""
