"""A plan: the exact steps of a round, what each may cost and how it is taken back, and one hash over it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from dataops.failover.drivers.driver import ActionName
from dataops.failover.journal import Phase
from dataops.failover.planning.course import OF_FAULT, Course
from dataops.failover.scenario import FaultName, Mode

Work = ActionName | Literal["canary", "verify", "restore"]
SHORTEST = 12
"""Characters of a hash that name a plan, as `failover plan` shows them."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Frozen):
    """One step. ``commands`` and ``undo`` are the very commands or calls, one a line, without secrets.

    ``phase`` is what the journal says while the step is done; ``undo`` is empty where nothing takes it back.
    """

    phase: Phase
    action: Work
    node: str = ""
    title: str
    commands: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    worst: str = ""
    fault: FaultName | Literal[""] = ""


class Loss(_Frozen):
    """What acknowledged writes may be lost at most; None where it cannot be told. ``says`` is for people."""

    bytes: int | None = None
    """Of WAL."""
    rows: int | None = None
    """Transactions of all clients, at the pace of the moment of planning."""
    seconds: float | None = None
    """How old what is lost may be."""
    says: str


class Member(_Frozen):
    """A node as the plan knows it: what tells it from another one, and not what moves all the time."""

    name: str
    role: str
    address: str
    version: int
    sync_state: str = ""
    data_directory: str = ""


class Plan(_Frozen):
    """What a round would do. The same files and the same cluster give the same hash, at any time."""

    scenario: str
    database: str
    server: str
    environment: str
    owner: str
    mode: Mode
    course: Course
    fault: FaultName
    driver: str
    system_identifier: str
    timeline: int
    nodes: tuple[Member, ...]
    routed: str
    primary: str
    candidate: str
    broken: str
    steps: tuple[Step, ...]
    unavailable: float
    """Seconds without service after which the round ends itself."""
    loss: Loss
    notes: tuple[str, ...] = ()
    git_commit: str = ""
    declared: Mapping[str, JsonValue] = Field(default_factory=dict)
    """The scenario's file, defaults included."""
    settings: Mapping[str, JsonValue] = Field(default_factory=dict)
    """What the server's file says of its failover, defaults included."""

    @property
    def hash(self) -> str:
        """64 hexadecimal digits over all that a person agrees to; the loss is told, and moves by itself."""
        content = self.model_dump(mode="json", exclude={"loss", "notes"})
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def way(self) -> Course:
        """The way that it goes; of a tabletop the way that it tells of."""
        return OF_FAULT[self.fault] if self.course is Course.TELL else self.course

    @property
    def touches(self) -> bool:
        """Whether carrying it out does anything to the cluster."""
        return self.course is not Course.TELL

    @property
    def summary(self) -> str:
        """The plan in one sentence."""
        switched = self.way is Course.SWITCH
        what = f"switchover from {self.primary}" if switched else f"{self.fault} of {self.broken}"
        then = {
            Course.TELL: "nothing is done",
            Course.SWITCH: f"{self.candidate} becomes primary",
            Course.FAIL_OVER: f"{self.candidate} becomes primary",
            Course.ABORT: f"promoting {self.candidate} fails",
            Course.ENDURE: f"{self.primary} stays primary",
            Course.RESTORE: "the server is restored from the other region",
        }[self.course]
        return f"{self.scenario} on {self.server}: {what}, {then}; {len(self.steps)} steps"

    def names(self, wanted: str) -> bool:
        """Whether ``wanted`` is this plan's hash, or its beginning as it is shown."""
        return len(wanted) >= SHORTEST and self.hash.startswith(wanted)

    def to_json(self) -> bytes:
        """The plan with its hash, for the store."""
        return (json.dumps({**self.model_dump(mode="json"), "hash": self.hash}, indent=1) + "\n").encode()


def plan_from_json(content: bytes) -> Plan:
    """The plan that ``to_json`` wrote. Raises ``ValueError`` where it is none, or not the one it says."""
    read = json.loads(content)
    if not isinstance(read, dict):
        raise ValueError("The document holds no plan.")
    said = read.pop("hash", "")
    plan = Plan.model_validate(read)
    if plan.hash != said:
        raise ValueError(f"The plan {said[:SHORTEST]} is no longer what it was.")
    return plan
