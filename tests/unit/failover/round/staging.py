"""A stage of values: a driver, a journal and a watch in one, which note what they are told."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from dataops.connections import Connection
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import Rejoined
from dataops.failover.journal import Phase
from dataops.failover.round.findings import Findings
from dataops.failover.round.leg import THERE, Leg
from dataops.failover.round.stage import Stage
from dataops.failover.topology import Topology
from dataops.store import LeaseLost

from tests.unit.failover.builders import cluster


class Told:
    """A driver, a journal and a watch in one, that note in which order they are told what."""

    automatic = False

    def __init__(self, *, effect: Verdict = Verdict.PASSED, fence: Verdict = Verdict.PASSED) -> None:
        self.acts: list[str] = []
        self.verdicts = {"effect": effect, "fence": fence}
        self.lost_at = ""
        self.promotes: Exception | None = None
        self.round = SimpleNamespace(undo=())
        self.seen = cluster()
        self.rejoins: Exception | None = None

    # The driver.

    def connection(self, node: str) -> Connection:
        return Connection("nowhere", "postgres", host="127.0.0.1", port=1)

    def dead(self, node: str) -> bool:
        return True

    def inject(self, fault: str, node: str) -> None:
        self.acts.append(f"break {node}")

    def effect(self, fault: str, node: str) -> Check:
        return Check(name="effect", verdict=self.verdicts["effect"], reason="as the test says")

    def fence(self, node: str) -> Check:
        self.acts.append(f"fence {node}")
        return Check(name="fence", verdict=self.verdicts["fence"], reason="as the test says")

    def promote(self, node: str) -> None:
        self.acts.append(f"promote {node}")
        if self.promotes is not None:
            raise self.promotes

    def switch(self, old: str, new: str) -> None:
        self.acts.append(f"switch {old} {new}")

    def route(self, node: str) -> None:
        self.acts.append(f"route {node}")

    def heal(self, fault: str, node: str) -> None:
        self.acts.append(f"heal {node}")

    def observe(self) -> Topology:
        return self.seen

    def rejoin(self, node: str, upstream: str) -> Rejoined:
        self.acts.append(f"rejoin {node}")
        if self.rejoins is not None:
            raise self.rejoins
        return Rejoined("restart", 0.1)

    # The journal and the watch.

    def advance(self, phase: Phase, **more: Any) -> None:
        self.acts.append(phase.value)

    def check(self) -> None:
        if self.lost_at and self.lost_at in self.acts:
            raise LeaseLost("lost, as the test says")


def staged(told: Told, **plan: Any) -> tuple[Stage, Leg]:
    watch = SimpleNamespace(
        check=told.check, until=lambda done, **_: done(), held=SimpleNamespace(check=told.check)
    )
    stage = SimpleNamespace(
        driver=told,
        journal=told,
        watch=watch,
        findings=Findings(lambda line: None),
        plan=SimpleNamespace(**{"fault": "kill", "broken": "alpha", **plan}),
        scenario=SimpleNamespace(load=SimpleNamespace(patience=timedelta(seconds=1))),
        run="a run",
        orderly=None,
        serving="",
        followers=("gamma",),
    )
    return cast("Stage", stage), Leg(THERE, "run", "alpha", "beta", cluster())
