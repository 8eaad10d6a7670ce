"""The planner: a scenario, a cluster as it was seen, and what its driver says of each action. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from dataops.failover.drivers.driver import ActionName, Told
from dataops.failover.journal import Phase
from dataops.failover.planning.candidate import SYNCHRONOUS, broken_of, candidate_of, primary_of
from dataops.failover.planning.course import OUTLIVES_FENCE, Course, course_of, told_course_of
from dataops.failover.planning.exposure import Pace, asynchronous_loss, no_loss
from dataops.failover.planning.plan import Loss, Member, Plan, Step, Work
from dataops.failover.scenario import FaultName, Scenario
from dataops.failover.topology import Role, Topology
from dataops.inventory import Database, Failover, Server, format_duration
from dataops.inventory.size import bytes_of


class Teller(Protocol):
    """The part of a driver that only says what it would do."""

    automatic: bool

    def tell(self, action: ActionName, node: str, seen: Topology, fault: str = "") -> Told:
        """What the action would be."""


@dataclass(frozen=True)
class Situation:
    """All that a plan follows from. ``pace`` is None where it could not be measured."""

    scenario: Scenario
    server: Server
    settings: Failover
    databases: tuple[Database, ...]
    """All that the inventory has on this server: each of them loses its primary."""
    seen: Topology
    owner: str
    git_commit: str = ""
    pace: Pace | None = None


def plan(situation: Situation, teller: Teller) -> Plan:
    """The plan. Raises ``NoPlan`` where the cluster is in no state from which the scenario could start."""
    return _Planner(situation, teller).plan()


class _Planner:
    def __init__(self, situation: Situation, teller: Teller) -> None:
        self.now, self.teller = situation, teller
        self.scenario, self.seen = situation.scenario, situation.seen
        self.way = told_course_of(self.scenario)
        self.fault: FaultName = self.scenario.breaks
        self.primary = primary_of(self.seen).name
        self.candidate = candidate_of(
            self.scenario, self.seen, lag=situation.settings.lag, automatic=teller.automatic
        )
        self.broken = broken_of(self.scenario, self.seen, self.candidate)
        self.others = tuple(
            each.name for each in self.seen.standbys if each.name not in {self.primary, self.candidate}
        )

    def plan(self) -> Plan:
        now = self.now
        return Plan(
            scenario=self.scenario.name,
            database=self.scenario.database,
            server=now.server.name,
            environment=now.server.environment,
            owner=now.owner,
            mode=self.scenario.mode,
            course=course_of(self.scenario),
            fault=self.fault,
            driver=self.seen.driver,
            system_identifier=primary_of(self.seen).system_identifier,
            timeline=primary_of(self.seen).timeline,
            nodes=tuple(_member(self.seen, each.name) for each in self.seen.nodes),
            routed=self.seen.routed,
            primary=self.primary,
            candidate=self.candidate,
            broken=self.broken,
            steps=tuple(self._steps()),
            unavailable=self.scenario.stop.unavailable.total_seconds(),
            loss=self._loss(),
            notes=tuple(self._notes()),
            git_commit=now.git_commit,
            declared=self.scenario.model_dump(mode="json", by_alias=True),
            settings=now.settings.model_dump(mode="json"),
        )

    def _steps(self) -> Iterable[Step]:
        yield self._canary()
        yield from {
            Course.SWITCH: self._switchover,
            Course.FAIL_OVER: self._failover,
            Course.ABORT: self._aborted,
            Course.ENDURE: self._endured,
            Course.RESTORE: self._restored,
        }[self.way]()
        yield self._step(
            Phase.FINISHED, "verify", "", "Prove the steady state, and take the canary's tables away"
        )

    def _canary(self) -> Step:
        load = self.scenario.load
        return Step(
            phase=Phase.PREPARED,
            action="canary",
            title=f"Let the canary write through the route, and see it go well for "
            f"{format_duration(load.steady)}",
            commands=(
                f"{load.sessions} sessions insert into dataops_canary, at most {load.rate} rows a second "
                f"each, by {self.now.settings.route.connection}",
                f"sessions that read on standbys: {load.readers}",
            ),
            undo=("the canary is ended, its tables in the schema dataops_canary are dropped",),
            worst=f"{load.sessions * load.rate} small writes a second more than usual",
        )

    def _switchover(self) -> Iterable[Step]:
        yield self._told(Phase.COMMITTED, "switch", self.candidate, self._title_of_switch(self.candidate))
        yield self._route(self.candidate)
        yield from self._follow(self.candidate)
        yield self._verify(Phase.PROMOTED, "nothing acknowledged is lost, one node takes writes")
        yield from self._mended()

    def _failover(self) -> Iterable[Step]:
        """Nobody can order a cluster that promotes by itself: there the fence is proven afterwards."""
        yield self._break()
        if self.teller.automatic:
            yield self._promote()
            yield self._route(self.candidate)
            yield self._fence()
        else:
            yield self._fence()
            yield self._promote()
            yield self._route(self.candidate)
        yield from self._follow(self.candidate)
        yield self._verify(Phase.PROMOTED, "the ledger against the rows, timelines, one writable primary")
        yield from self._mended()

    def _mended(self) -> Iterable[Step]:
        """The old primary comes back, and is primary again where the scenario says so."""
        if self.candidate == self.primary:  # a managed service: what is behind that name has changed
            return
        if self.way is Course.FAIL_OVER and self.fault in OUTLIVES_FENCE:
            yield self._heal(Phase.PROMOTED)
        yield self._rejoin(self.primary, self.candidate)
        yield from self._failback()

    def _aborted(self) -> Iterable[Step]:
        """Past the commit point the only way is forward: what died is started, and promoted once more."""
        yield self._break()
        yield self._fence()
        yield self._promote()
        yield self._verify(Phase.COMMITTED, "the promotion failed cleanly: no second primary, nothing hidden")
        title = f"Fence {self.candidate}: whatever it died as, it comes back as a standby"
        yield self._told(Phase.COMMITTED, "fence", self.candidate, title)
        title = f"Start {self.candidate} again"
        yield self._told(Phase.COMMITTED, "heal", self.candidate, title, self.fault)
        yield self._promote()
        yield self._route(self.candidate)
        yield from self._follow(self.candidate)
        yield self._verify(Phase.PROMOTED, "the ledger against the rows, timelines, one writable primary")
        yield from self._mended()

    def _endured(self) -> Iterable[Step]:
        yield self._break()
        yield self._verify(
            Phase.BREAKING, f"{self.primary} stays the only primary, and what is wrong is noticed"
        )
        yield self._heal(Phase.BREAKING)

    def _restored(self) -> Iterable[Step]:
        yield self._break()
        yield self._step(
            Phase.BREAKING,
            "restore",
            "",
            "Restore the newest recoverable state from the other region's bucket to a scratch server",
            worst="what had not reached the other region's bucket is lost: that is measured",
        )
        yield self._verify(Phase.BREAKING, "the ledger against the restored rows: RPO and RTO")
        yield self._heal(Phase.BREAKING)

    def _failback(self) -> Iterable[Step]:
        if not self.scenario.failback:
            return
        title = self._title_of_switch(self.primary)
        turned = self._led_by(self.candidate)
        yield self._told(Phase.FAILED_BACK, "switch", self.primary, title, seen=turned)
        yield self._route(self.primary, Phase.FAILED_BACK)
        yield from self._follow(self.primary, Phase.FAILED_BACK)
        yield self._rejoin(self.candidate, self.primary, Phase.FAILED_BACK)
        yield self._verify(Phase.FAILED_BACK, "timelines, hashes between the nodes, one writable primary")

    def _break(self) -> Step:
        what = "every node" if self.way is Course.RESTORE else self.broken
        title = f"Break {what}: {self.fault}, and prove that it took effect"
        return self._told(Phase.BREAKING, "break", self.broken, title, self.fault)

    def _fence(self) -> Step:
        title = f"Fence {self.primary}: prove that it takes no write, and would not after a restart"
        return self._told(Phase.COMMITTED, "fence", self.primary, title)

    def _promote(self) -> Step:
        title = f"Promote {self.candidate}"
        if self.teller.automatic:
            title = f"Wait until the cluster has promoted {self.candidate}"
        return self._told(Phase.COMMITTED, "promote", self.candidate, title)

    def _route(self, node: str, phase: Phase = Phase.COMMITTED) -> Step:
        return self._told(phase, "route", node, f"Lead clients to {node}, and to no other node")

    def _follow(self, upstream: str, phase: Phase = Phase.PROMOTED) -> Iterable[Step]:
        for each in self.others:
            title = f"Let {each} follow {upstream}"
            yield self._told(phase, "rejoin", each, title, seen=self._led_by(upstream))

    def _rejoin(self, node: str, upstream: str, phase: Phase = Phase.REJOINED) -> Step:
        title = f"Make {node} a standby of {upstream}: rewound, or rebuilt with its old data kept"
        return self._told(phase, "rejoin", node, title, seen=self._led_by(upstream))

    def _heal(self, phase: Phase) -> Step:
        what = "every node" if self.way is Course.RESTORE else self.broken
        return self._told(phase, "heal", self.broken, f"Take {self.fault} of {what} away", self.fault)

    def _verify(self, phase: Phase, what: str) -> Step:
        return self._step(phase, "verify", "", f"Verify: {what}")

    def _title_of_switch(self, new: str) -> str:
        old = self.primary if new == self.candidate else self.candidate
        return f"Hand over from {old} to {new}: stop {old} in order, then promote {new}"

    def _told(
        self,
        phase: Phase,
        action: ActionName,
        node: str,
        title: str,
        fault: FaultName | None = None,
        *,
        seen: Topology | None = None,
    ) -> Step:
        """The step as the driver tells it, of the cluster as it will be then."""
        told = self.teller.tell(action, node, seen or self.seen, fault or "")
        return Step(
            phase=phase,
            action=action,
            node=node,
            title=title,
            commands=told.commands,
            undo=told.undo,
            worst=told.worst,
            fault=fault or "",
        )

    @staticmethod
    def _step(phase: Phase, action: Work, node: str, title: str, worst: str = "") -> Step:
        return Step(phase=phase, action=action, node=node, title=title, worst=worst)

    def _led_by(self, primary: str) -> Topology:
        """The cluster as it was seen, but with this node as the only primary."""
        nodes = tuple(
            replace(each, role=Role.PRIMARY if each.name == primary else Role.STANDBY)
            for each in self.seen.nodes
        )
        return replace(self.seen, nodes=nodes, routed=primary)

    def _loss(self) -> Loss:
        if self.way is Course.SWITCH:
            return no_loss(f"{self.candidate} has all WAL of {self.primary} before it is promoted")
        if self.way is Course.ENDURE:
            return no_loss(f"{self.primary} stays primary")
        if self.way is Course.RESTORE:
            timeout = self.now.server.wal_archive.timeout
            return Loss(
                seconds=timeout.total_seconds(),
                says=f"What is younger than {format_duration(timeout)}, the archive's timeout, plus the time "
                "that copies need to reach the other region.",
            )
        candidate = self.seen.node(self.candidate)
        if candidate.sync_state in SYNCHRONOUS:
            return no_loss(
                f"{self.candidate} is a synchronous standby, and holds each write that clients had"
            )
        if self.candidate == self.primary:
            return no_loss("the cluster's own standby is a synchronous copy of its storage")
        return asynchronous_loss(
            self.candidate,
            lag=bytes_of(self.now.settings.lag),
            now=self.seen.lag(self.candidate),
            pace=self.now.pace,
            load=self.scenario.load,
        )

    def _notes(self) -> Iterable[str]:
        yield from self._broken_promises()
        others = [each.name for each in self.now.databases if each.name != self.scenario.database]
        if others:
            yield f"Also without service meanwhile: {', '.join(sorted(others))}, on the same server."
        if self.now.settings.members:
            members = ", ".join(self.now.settings.members)
            yield f"Their clients use the same route: {members}."
        silent = [each for each in self.seen.nodes if each.role not in {"primary", "standby"}]
        for each in silent:
            yield f"{each.name} is {each.role}: {each.reason or 'no reason was given'}"
        if not self.now.git_commit:
            yield "The files are of no commit: nothing says who reviewed them."

    def _broken_promises(self) -> Iterable[str]:
        """Where the worst case is worse than what the scenario promises: that alone may turn it red."""
        promised, loss = self.scenario.objectives.rpo, self._loss()
        if loss.bytes == 0:
            return
        if promised is None:
            yield "The scenario promises that nothing is lost, and the worst case above breaks that."
        elif loss.seconds is not None and loss.seconds > promised.total_seconds():
            yield (
                f"The scenario promises to lose {format_duration(promised)} at most, and the worst case is "
                "longer: see failover.lag."
            )


def _member(seen: Topology, name: str) -> Member:
    node = seen.node(name)
    return Member(
        name=name,
        role=node.role.value,
        address=node.address,
        version=node.version,
        sync_state=node.sync_state,
        data_directory=node.data_directory,
    )
