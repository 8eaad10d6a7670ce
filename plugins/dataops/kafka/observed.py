"""What is on the cluster, as one reading. Whatever could not be read is None or told, never guessed.

A topic that is hidden from us stands in ``hidden``, which is something else than not being there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dataops.kafka.desired import Acl, Entity


class Capability(StrEnum):
    """What a cluster may be unable to do, or may refuse to let us do."""

    ACLS = "acls"
    SCRAM = "scram"
    QUOTAS = "quotas"
    REASSIGNMENT = "reassignment"
    LOG_DIRS = "log dirs"
    GROUPS = "groups"
    VALIDATE_ONLY = "validate only"


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether the cluster can do something; where it cannot, why, in one sentence."""

    supported: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Broker:
    """One live broker; ``rack`` is None where it has none."""

    id: int
    host: str = ""
    port: int = 0
    rack: str | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition. ``replicas`` are in their order of preference, whether in sync or not.

    ``leader`` is None while there is none (offline). ``adding`` and ``removing`` are the broker ids of a
    reassignment in progress, empty where none is, or where it cannot be read.
    """

    index: int
    leader: int | None
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]
    adding: tuple[int, ...] = ()
    removing: tuple[int, ...] = ()


class Origin(StrEnum):
    """Where a value that a topic does not set itself comes from."""

    BROKER = "broker"
    """Dynamic config of one broker, of all brokers, or server.properties."""
    DEFAULT = "default"
    """Kafka's own default."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """A value that is in force though the topic does not set it. ``value`` is None where it is sensitive."""

    value: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class ObservedTopic:
    """One topic. ``configs`` are only its own dynamic overrides, as Kafka shows them.

    ``inherited`` is None where it was not asked for. ``sensitive`` are overrides whose value Kafka hides:
    they are in ``configs`` with an empty text.
    """

    name: str
    topic_id: str
    partitions: tuple[Partition, ...]
    configs: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    inherited: Mapping[str, Inherited] | None = None
    sensitive: frozenset[str] = frozenset()

    @property
    def replication_factor(self) -> int:
        """The replicas of a partition, in sync or not; where partitions differ, the fewest."""
        return min((len(each.replicas) for each in self.partitions), default=0)

    @property
    def reassigning(self) -> bool:
        """Whether a reassignment of this topic is in progress."""
        return any(each.adding or each.removing for each in self.partitions)


@dataclass(frozen=True, slots=True)
class ObservedUser:
    """One SCRAM credential; the password itself cannot be read."""

    name: str
    mechanism: str
    iterations: int


@dataclass(frozen=True, slots=True)
class GroupLag:
    """A consumer group that has offsets committed on a topic. ``lag`` in messages, None where unknown."""

    group: str
    state: str
    members: int
    lag: int | None


@dataclass(frozen=True, slots=True)
class Stake:
    """What a change of a topic may cost, in numbers of this moment.

    ``messages`` is the sum of latest minus earliest offsets, an upper bound where the topic is compacted or
    transactional; ``written`` the sum of latest offsets: what was ever written. ``bytes`` of one replica of
    each partition. ``null_keys`` counts records without a key among the ``sampled`` newest ones, which are
    read only where a topic shall be compacted. ``unknown`` says in a sentence each what could not be read;
    its number is None then.
    """

    messages: int | None = None
    written: int | None = None
    bytes: int | None = None
    oldest: datetime | None = None
    last_write: datetime | None = None
    groups: tuple[GroupLag, ...] | None = None
    largest_batch: int | None = None
    sampled: int | None = None
    null_keys: int | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservedCluster:
    """One reading of a cluster. ``at`` is the moment it began, UTC.

    ``hidden``: names that were asked for and that we may not see, with the reason. ``acls``, ``users`` and
    ``quotas`` are None where they were not read; ``abilities`` then says why. ``stakes`` are filled only for
    the topics that a plan asks them for. ``defaults`` are what a topic without overrides has, by the topic's
    config key; None where they were not read.
    """

    cluster_id: str
    at: datetime
    brokers: tuple[Broker, ...]
    controller: int | None = None
    topics: Mapping[str, ObservedTopic] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, Inherited] | None = None
    acls: frozenset[Acl] | None = None
    users: tuple[ObservedUser, ...] | None = None
    quotas: Mapping[Entity, Mapping[str, float]] | None = None
    abilities: Mapping[Capability, Ability] = field(default_factory=dict)
    stakes: Mapping[str, Stake] = field(default_factory=dict)

    def ability(self, capability: Capability) -> Ability:
        """What was found out about this; not supported where nobody probed it."""
        return self.abilities.get(capability, Ability(False, f"Nobody asked the cluster about {capability}."))
