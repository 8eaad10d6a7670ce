"""Carrying out the guard's course on the cluster. Everything may be done twice: a guard can die as well."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.automatic import AnotherPromoted
from dataops.failover.drivers.driver import Driver
from dataops.failover.guard.course import Course, Decision
from dataops.failover.guard.writable import at_most_one
from dataops.failover.journal import Phase, Round
from dataops.failover.journaling import BY, DBNAME, SWITCH
from dataops.failover.topology import Role, Topology
from dataops.failover.undoing import undo_all

LIFTED = frozenset({
    "cut_node",
    "cut_replication",
    "cut_clients",
    "lagging_standby",
    "wal_disk_full",
    "standby_disk_full",
})
"""Faults that are taken away also past the commit point, once the fence is proven: none of them is healed by
starting the old primary, and none may stay on a host for good."""
PATIENCE = 60.0
"""Seconds for the cluster to be whole again once everything was taken back."""
_EVERY = 0.2


Prove = Callable[[Driver, Topology, str, "str | None"], Check]
"""From a cluster, the node that is expected to be primary, and the database to write to, to the proof."""


@dataclass
class Acting:
    """One attempt on one cluster, for the guard, and for a coordinator that must end its round early.

    ``fenced`` is told once the fence is proven, to be journaled; where it raises, nothing is promoted.
    """

    driver: Driver
    told: Round
    say: Say
    fenced: Callable[[str], None] = lambda _: None
    patience: float = PATIENCE
    prove: Prove = at_most_one
    checks: list[Check] = field(default_factory=list)

    def carry_out(self, decision: Decision, seen: Topology) -> Topology:
        """The cluster afterwards; what was done and seen stands in ``checks``."""
        act = {
            Course.HEAL: self._heal,
            Course.FORWARD: self._forward,
            Course.SETTLE: self._settle,
            Course.HANDS_OFF: self._hands_off(decision.because),
        }[decision.course]
        self.say(f"{decision.course}: {decision.because}")
        return act(seen)

    def _heal(self, seen: Topology) -> Topology:
        self.checks += undo_all(self.driver, self.told.undo, self.say)
        primary = self.told.primary
        healed = _all_in_place if self.driver.automatic else (lambda now: _is(now, primary, Role.PRIMARY))
        seen = self._until(healed)
        serving = self._sole(seen)
        if serving and seen.routed != serving:
            seen = self._route(serving)
        expected = serving if self.driver.automatic and serving else primary
        self._say_who_serves(seen, "the primary serves again", serving, expected=expected)
        if self.told.candidate != primary and not self.driver.automatic:
            seen = self._until(lambda now: _follows(now, self.told.candidate), first=seen)
            self._say_who_follows(seen)
        self.checks.append(self._one_writable(seen, expected=expected))
        return seen

    def _forward(self, seen: Topology) -> Topology:
        switching = self.told.facts.get(BY) == SWITCH and self.told.phase is Phase.COMMITTED
        if self.driver.automatic:
            seen = self._wait_for_the_cluster(seen)
        elif switching and not _is(seen, self.told.candidate, Role.PRIMARY):
            self._attempt(
                "the change of roles is finished",
                lambda: self.driver.switch(self.told.primary, self.told.candidate),
            )
        elif self._fence(seen):
            self._attempt(f"{self.told.candidate} is promoted", lambda: self._promote(seen))
        seen = self.driver.observe()
        serving = self._sole(seen)
        if serving and seen.routed != serving:
            seen = self._route(serving)
        expected = serving if self.driver.automatic and serving else self.told.candidate
        self._say_who_serves(seen, "the new primary serves", serving, expected=expected)
        self._lift()
        self.checks.append(self._one_writable(seen, expected=expected))
        return seen

    def _wait_for_the_cluster(self, seen: Topology) -> Topology:
        """A cluster that promotes by itself: nobody is promoted while somebody serves, old primary or new."""
        if not self._sole(seen):
            self._attempt("the cluster promotes", self._await_promotion)
            seen = self.driver.observe()
        if self._sole(seen) != self.told.primary:
            self._fence(seen)
        return seen

    def _settle(self, seen: Topology) -> Topology:
        serving = self._sole(seen)
        if serving and seen.routed != serving:
            seen = self._route(serving)
        self._say_who_serves(seen, "the primary serves", serving, expected=serving)
        self.checks.append(self._one_writable(seen, expected=serving))
        return seen

    def _hands_off(self, because: str) -> Callable[[Topology], Topology]:
        def nothing(seen: Topology) -> Topology:
            self.checks.append(
                Check(
                    name="nobody else acts on the cluster",
                    verdict=Verdict.FAILED,
                    expected="roles as the journal tells them",
                    observed=_roles(seen),
                    reason=because,
                )
            )
            return seen

        return nothing

    def _fence(self, seen: Topology) -> bool:
        """Whether the old primary is known to take no write, and not to begin with it by itself."""
        old = self.told.primary
        if old == self.told.candidate:
            return True
        if self.told.phase is Phase.PROMOTED and _follows(seen, old):
            self.checks.append(_fenced(old, Verdict.PASSED, "follows as a standby"))
            return True
        try:
            found = self.driver.fence(old)
        except DataOpsError as error:
            self.say(f"could not fence {old}: {error}")
            unknown = isinstance(error, InconclusiveError)
            verdict = Verdict.INCONCLUSIVE if unknown else Verdict.FAILED
            self.checks.append(_fenced(old, verdict, "unknown", str(error)))
            return False
        self.checks.append(found.model_copy(update={"name": "old primary fenced"}))
        if found.verdict is not Verdict.PASSED:
            self.say(f"{old} is not proven to be fenced: {found.reason}")
            return False
        self.say(f"{old} is fenced: {found.observed}")
        self.fenced(old)
        return True

    def _await_promotion(self) -> None:
        try:
            self.driver.promote(self.told.candidate)
        except AnotherPromoted as error:  # the cluster chose, and that counts
            self.say(str(error))

    def _promote(self, seen: Topology) -> None:
        """A candidate that died as well is started first: its WAL is what was committed to."""
        candidate = self.told.candidate
        if _is(seen, candidate, Role.DOWN):
            self.driver.heal("kill", candidate)
            seen = self._until(lambda now: _answers(now, candidate))
        if not _is(seen, candidate, Role.PRIMARY):
            self.driver.promote(candidate)

    def _lift(self) -> None:
        """Cuts and filled disks end here too, but only on a cluster whose old primary is fenced."""
        if any(each.verdict is not Verdict.PASSED for each in self.checks):
            return
        lifted = tuple(each for each in self.told.undo if each.action == "heal" and each.fault in LIFTED)
        self.checks += undo_all(self.driver, lifted, self.say)

    def _route(self, node: str) -> Topology:
        self._attempt(f"the route is led to {node}", lambda: self.driver.route(node))
        return self._until(lambda now: now.routed == node)

    def _attempt(self, name: str, action: Callable[[], None]) -> None:
        """Do it, and on record only where it could not be done: what came of it is looked at anyhow."""
        begun = time.monotonic()
        try:
            action()
        except DataOpsError as error:
            self.say(f"not done: {name}: {error}")
            self.checks.append(
                Check(
                    name=name,
                    verdict=Verdict.INCONCLUSIVE if isinstance(error, InconclusiveError) else Verdict.FAILED,
                    expected="done",
                    observed="not done",
                    seconds=round(time.monotonic() - begun, 3),
                    reason=str(error),
                )
            )
        else:
            self.say(f"{name}: {time.monotonic() - begun:.3f} s")

    def _until(self, condition: Callable[[Topology], bool], first: Topology | None = None) -> Topology:
        """The cluster once the condition holds, or as it is when patience ends."""
        deadline = time.monotonic() + self.patience
        seen = first or self.driver.observe()
        while not condition(seen) and time.monotonic() < deadline:
            time.sleep(_EVERY)
            seen = self.driver.observe()
        return seen

    def _one_writable(self, seen: Topology, *, expected: str) -> Check:
        dbname = self.told.facts.get(DBNAME)
        return self.prove(self.driver, seen, expected, dbname)

    def _sole(self, seen: Topology) -> str:
        """The node that is primary, where exactly one says so; else empty."""
        return seen.primaries[0].name if len(seen.primaries) == 1 else ""

    def _say_who_serves(self, seen: Topology, name: str, serving: str, *, expected: str) -> None:
        well = bool(expected) and serving == expected and seen.routed == expected
        self.checks.append(
            Check(
                name=name,
                verdict=Verdict.PASSED if well else Verdict.FAILED,
                expected=f"{expected or 'one node'} is primary, and the clients' route leads there",
                observed=f"{_roles(seen)}; the route leads to {seen.routed or 'nobody'}",
                reason="" if well else "Clients cannot write, or not where they should: look at the nodes.",
            )
        )

    def _say_who_follows(self, seen: Topology) -> None:
        candidate = self.told.candidate
        well = _follows(seen, candidate)
        self.checks.append(
            Check(
                name="the standby follows again",
                verdict=Verdict.PASSED if well else Verdict.FAILED,
                expected=f"{candidate} streams from {self.told.primary}",
                observed=_roles(seen) + ("" if well else f"; {candidate} does not stream"),
                reason="" if well else f"See the log of {candidate}.",
            )
        )


def _follows(seen: Topology, node: str) -> bool:
    return any(each.name == node and each.streaming and each.role is Role.STANDBY for each in seen.nodes)


def _all_in_place(seen: Topology) -> bool:
    """One primary, whom all others follow: a cluster that acts by itself is done then."""
    others = [each.name for each in seen.nodes if each.role is not Role.PRIMARY]
    return len(seen.primaries) == 1 and all(_follows(seen, each) for each in others)


def _answers(seen: Topology, node: str) -> bool:
    return _is(seen, node, Role.STANDBY) or _is(seen, node, Role.PRIMARY)


def _is(seen: Topology, node: str, role: Role) -> bool:
    return any(each.name == node and each.role is role for each in seen.nodes)


def _roles(seen: Topology) -> str:
    return ", ".join(f"{each.name} is {each.role}" for each in seen.nodes)


def _fenced(node: str, verdict: Verdict, observed: str, reason: str = "") -> Check:
    return Check(
        name="old primary fenced",
        verdict=verdict,
        expected=f"{node} takes no write, and would not after a restart",
        observed=observed,
        reason=reason,
    )
