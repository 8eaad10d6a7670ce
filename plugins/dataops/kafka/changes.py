"""A plan: the changes that an apply would make, in two parts with a hash each, what it refuses, and findings.

Everything here goes through JSON and back unchanged, since a plan passes between tasks by the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal

from pydantic import Discriminator, TypeAdapter

from dataops.kafka.desired import Acl, Entity
from dataops.kafka.observed import Stake


class Risk(StrEnum):
    """How dangerous a change is: ``disruptive`` may disturb clients, ``destructive`` may lose data."""

    SAFE = "safe"
    DISRUPTIVE = "disruptive"
    DESTRUCTIVE = "destructive"


@dataclass(frozen=True, slots=True)
class CreateTopic:
    """``assignment``: the broker ids of each partition where the plan places them, else empty."""

    topic: str
    partitions: int
    replication_factor: int
    configs: dict[str, str] = field(default_factory=dict)
    assignment: tuple[tuple[int, ...], ...] = ()
    kind: Literal["create topic"] = "create topic"


@dataclass(frozen=True, slots=True)
class SetConfig:
    """``before`` is None where the topic had no override."""

    topic: str
    topic_id: str
    key: str
    before: str | None
    after: str
    kind: Literal["set config"] = "set config"


@dataclass(frozen=True, slots=True)
class UnsetConfig:
    """``after`` is the value that will be inherited, None where nobody asked for it."""

    topic: str
    topic_id: str
    key: str
    before: str
    after: str | None = None
    kind: Literal["unset config"] = "unset config"


@dataclass(frozen=True, slots=True)
class AddPartitions:
    """``before`` and ``after`` are total counts. ``assignment`` is of the new partitions only, or empty."""

    topic: str
    topic_id: str
    before: int
    after: int
    assignment: tuple[tuple[int, ...], ...] = ()
    kind: Literal["add partitions"] = "add partitions"


@dataclass(frozen=True, slots=True)
class Reassign:
    """``after``: the replicas of each partition that moves, by its index; the others stay where they are.

    ``throttle``: bytes a second and broker, set for the time of the move, then removed; None for none.
    """

    topic: str
    topic_id: str
    before: dict[int, tuple[int, ...]]
    after: dict[int, tuple[int, ...]]
    throttle: int | None = None
    kind: Literal["reassign"] = "reassign"


@dataclass(frozen=True, slots=True)
class QuarantineTopic:
    """The first step of a deletion: ``acl`` is created and cuts off every writer."""

    topic: str
    topic_id: str
    acl: Acl
    kind: Literal["quarantine topic"] = "quarantine topic"


@dataclass(frozen=True, slots=True)
class DeleteTopic:
    """The second step. The topic is deleted only while its id is this one; then ``acls`` are removed."""

    topic: str
    topic_id: str
    acls: tuple[Acl, ...] = ()
    kind: Literal["delete topic"] = "delete topic"


@dataclass(frozen=True, slots=True)
class AddAcl:
    """The binding is created."""

    acl: Acl
    kind: Literal["add acl"] = "add acl"


@dataclass(frozen=True, slots=True)
class RemoveAcl:
    """Exactly this binding is removed, and no other that a filter would match."""

    acl: Acl
    kind: Literal["remove acl"] = "remove acl"


@dataclass(frozen=True, slots=True)
class SetUser:
    """The password of the connection ``secret`` becomes the user's. ``iterations`` is what Kafka shall show.

    ``before`` is the number of iterations that Kafka shows now, None where there is no such credential.
    """

    user: str
    mechanism: str
    secret: str
    version: int
    iterations: int
    before: int | None = None
    kind: Literal["set user"] = "set user"


@dataclass(frozen=True, slots=True)
class RemoveUser:
    """The credential of this mechanism is removed."""

    user: str
    mechanism: str
    before: int
    kind: Literal["remove user"] = "remove user"


@dataclass(frozen=True, slots=True)
class SetQuota:
    """One limit of one entity; ``after`` None removes it."""

    entity: Entity
    key: str
    before: float | None
    after: float | None
    kind: Literal["set quota"] = "set quota"


Action = Annotated[
    CreateTopic
    | SetConfig
    | UnsetConfig
    | AddPartitions
    | Reassign
    | QuarantineTopic
    | DeleteTopic
    | AddAcl
    | RemoveAcl
    | SetUser
    | RemoveUser
    | SetQuota,
    Discriminator("kind"),
]


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a plan: the ``action`` to carry out, and what a person must know before agreeing.

    ``undo`` is a sentence that says how to get back, or "irreversible" and why. ``acknowledged`` is the entry
    of ``acknowledge:`` that the change needed and has, such as ``partitions: 12``; a change that needs one
    and has none is a refusal instead. ``source`` is the line that asks for it, as file:line.
    """

    action: Action
    risk: Risk
    reason: str
    undo: str
    source: str = ""
    acknowledged: str = ""
    stake: Stake | None = None

    @property
    def kind(self) -> str:
        """The kind of its action, in words: ``add partitions``."""
        return self.action.kind

    @property
    def topic(self) -> str | None:
        """The topic whose own state changes; None where the change is about bindings, users, quotas."""
        return getattr(self.action, "topic", None)

    @property
    def topic_id(self) -> str | None:
        """The id that the topic had when the plan was made; None for a topic that is created."""
        return getattr(self.action, "topic_id", None)

    @property
    def resource(self) -> str:
        """What is changed, in words: ``topic flights.delays``, ``user orders (SCRAM-SHA-512)``."""
        return resource_of(self.action)


def resource_of(action: Action) -> str:
    """What an action is about, in words; the same text for every action on the same thing."""
    match action:
        case AddAcl() | RemoveAcl():
            return f"acl {action.acl}"
        case SetUser() | RemoveUser():
            return f"user {action.user} ({action.mechanism})"
        case SetQuota():
            return f"quota of {action.entity}"
        case _:
            return f"topic {action.topic}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that the files ask for and that is not done. Nothing else of the same topic is done either.

    ``advice`` says what to do instead, or which entry of ``acknowledge:`` would allow it.
    """

    resource: str
    field: str
    reason: str
    advice: str
    source: str = ""
    stake: Stake | None = None


class Cause(StrEnum):
    """Why something is not as declared, or deserves a look."""

    MANUAL_OVERRIDE = "manual override"
    BROKER_DEFAULT_CHANGED = "broker default changed"
    MISSING_TOPIC = "missing topic"
    RECREATED_TOPIC = "recreated topic"
    UNMANAGED_TOPIC = "unmanaged topic"
    VANISHED_DECLARATION = "vanished declaration"
    HIDDEN_TOPIC = "hidden topic"
    PARTITIONS_DIFFER = "partitions differ"
    REPLICAS_DIFFER = "replicas differ"
    NOT_APPLIED = "not applied"
    AWAITING_DELETION = "awaiting deletion"
    THROTTLE_LEFT_BEHIND = "throttle left behind"
    REASSIGNMENT_IN_PROGRESS = "reassignment in progress"
    UNDER_REPLICATED = "under-replicated"
    OFFLINE = "offline partition"
    LOST_ACL = "lost acl"
    UNMANAGED_ACL = "unmanaged acl"
    USER_DIFFERS = "user differs"
    QUOTA_DIFFERS = "quota differs"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a reading shows: what, why, and what to do. It changes nothing.

    ``key`` is the same on every night that shows the same thing. ``since`` (ISO 8601, UTC) is when it was
    first seen, filled by comparing with the last evidence. ``revert``: an apply would put it right, safely.
    """

    cause: Cause
    resource: str
    field: str
    message: str
    advice: str
    declared: str = ""
    observed: str = ""
    source: str = ""
    since: str = ""
    revert: bool = False

    @property
    def key(self) -> str:
        """What tells this finding from others, from one night to the next."""
        return f"{self.cause}|{self.resource}|{self.field}"


@dataclass(frozen=True, slots=True)
class Part:
    """Changes that are approved and applied together, in order. ``hash`` is empty where there are none.

    Where a topic has several, each must have ended before the next: a move, for one, before partitions.

    The hash covers the cluster id, the git commit, the declared state, the observed state and ids of what
    the changes touch, and the changes. That of the gated part is over the state which the safe part leaves
    behind, so that it still holds once the safe part is applied.
    """

    changes: tuple[Change, ...] = ()
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an apply would do to one cluster. ``safe`` never waits; ``gated`` is what a person must approve
    where the cluster is ``guarded``. ``topics`` is the number of those that are declared.

    ``wants_stakes`` names the topics whose numbers must still be read, after which the plan is made again:
    until it is empty, a plan with gated changes must not be applied.
    """

    cluster: str
    cluster_id: str
    environment: str
    git_commit: str
    desired: str
    safe: Part = Part()
    gated: Part = Part()
    refusals: tuple[Refusal, ...] = ()
    findings: tuple[Finding, ...] = ()
    guarded: bool = True
    topics: int = 0
    wants_stakes: tuple[str, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """Both parts, the safe one first: the order in which they are applied."""
        return self.safe.changes + self.gated.changes

    @property
    def exit_code(self) -> int:
        """The CLI's exit code: 1 where anything is refused, 4 where there are changes, else 0."""
        return 1 if self.refusals else 4 if self.changes else 0

    def to_json(self) -> bytes:
        """JSON that ``plan_from_json`` reads back to an equal plan."""
        return _adapter().dump_json(self)


def plan_from_json(text: bytes) -> Plan:
    """The plan that ``Plan.to_json`` wrote. Raises ``pydantic.ValidationError`` for anything else."""
    return _adapter().validate_json(text)


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)
