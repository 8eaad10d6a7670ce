"""One declared topic and what is known of it, and the outcome of looking at it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dataops.kafka import names
from dataops.kafka.changes import Action, Cause, Change, Finding, Refusal, Risk
from dataops.kafka.desired import INHERITED, Cluster, Topic
from dataops.kafka.observed import Broker, ObservedCluster, ObservedTopic, Stake
from dataops.kafka.topic_configs import KNOWN, number, same


@dataclass(frozen=True, slots=True)
class Assessment:
    """How dangerous a change is, why, and how to get back. ``asks`` is true where it must be acknowledged."""

    risk: Risk
    reason: str
    undo: str = ""
    asks: bool = False


class Refused(Exception):
    """A change that is never made, whatever is acknowledged."""

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.advice = advice


@dataclass
class Situation:
    """One topic. Numbers at stake are asked for by ``stake``, which notes that they are wanted.

    Without them a change counts as the worst that it could be.
    """

    cluster: Cluster
    topic: Topic
    there: ObservedTopic
    observed: ObservedCluster
    changes: list[Change] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    asked: bool = False

    @property
    def now(self) -> datetime:
        """The moment of the reading."""
        return self.observed.at

    @property
    def brokers(self) -> Sequence[Broker]:
        """The live brokers."""
        return self.observed.brokers

    def stake(self) -> Stake | None:
        """The numbers at stake; None where they were not read yet."""
        self.asked = True
        return self.observed.stakes.get(self.topic.name)

    def never_written(self) -> bool:
        """Whether the topic is known never to have had a record."""
        stake = self.stake()
        return stake is not None and stake.written == 0

    def inherited(self, key: str) -> str | None:
        """The value that the topic has without an override; None where nobody knows."""
        found = (self.there.inherited or {}).get(key) or (self.observed.defaults or {}).get(key)
        return found.value if found else None

    def in_force(self, key: str) -> str | None:
        """The value that holds now; None where nobody knows."""
        return self.there.configs[key] if key in self.there.configs else self.inherited(key)

    def to_be(self, key: str) -> str | None:
        """The value that will hold; None where nobody knows."""
        if key in self.topic.ignore_configs:
            return self.in_force(key)
        return self.topic.configs[key] if key in self.topic.configs else self.inherited(key)

    def compacts(self) -> bool:
        """Whether the topic is compacted, now or afterwards; true where nobody knows."""
        policies = (self.in_force("cleanup.policy"), self.to_be("cleanup.policy"))
        return any(policy is None or "compact" in policy for policy in policies)

    def deletes(self) -> bool:
        """Whether old records will be deleted; true where nobody knows."""
        policy = self.to_be("cleanup.policy")
        return policy is None or "delete" in policy

    def settle(self, action: Action, found: Assessment, *, field: str, value: str) -> None:
        """Adds the change, or the refusal where it is forbidden or asks for what nobody acknowledged."""
        needed = f"{field}: {value}"
        protected = self.topic.protected or names.matches(self.topic.name, self.cluster.protected)
        if found.risk is Risk.DESTRUCTIVE and protected:
            self.refuse(field, f"The topic is protected. {found.reason}", "Take the protection off first.")
        elif found.asks and not self._acknowledges(field, value):
            self.refuse(
                field,
                found.reason,
                f"Where it is meant, write below the topic: `acknowledge: {{{needed}}}`",
            )
        else:
            change = Change(
                action,
                found.risk,
                found.reason,
                found.undo,
                source=str(self.topic.source),
                acknowledged=needed if found.asks else "",
                stake=self.observed.stakes.get(self.topic.name),
            )
            self.changes.append(change)

    def refuse(self, field: str, reason: str, advice: str) -> None:
        """Adds a refusal: nothing of this topic is changed."""
        stake = self.observed.stakes.get(self.topic.name)
        self.refusals.append(
            Refusal(f"topic {self.topic.name}", field, reason, advice, str(self.topic.source), stake)
        )

    def notice(self, cause: Cause, field: str, message: str, advice: str) -> None:
        """Adds a finding: something to know, and nothing to do."""
        source = str(self.topic.source)
        self.findings.append(
            Finding(cause, f"topic {self.topic.name}", field, message, advice, source=source)
        )

    def _acknowledges(self, field: str, value: str) -> bool:
        given = self.topic.acknowledged.get(field)
        if given is None or field not in KNOWN or INHERITED in {given, value}:
            return given == value
        return same(field, given, value)


def whole(key: str, text: str | None) -> int | None:
    """The number of a config; -1, which means without limit, as a very large one."""
    value = number(key, text)
    return (1 << 63) if value == -1 else value
