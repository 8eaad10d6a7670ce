"""What the driver was really told, in order, against what the plan said. The comparison is pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.driver import Driver

NAME = "acted as planned"
ACTIONS: Mapping[str, str] = {
    "inject": "break",
    "heal": "heal",
    "fence": "fence",
    "promote": "promote",
    "switch": "switch",
    "route": "route",
    "rejoin": "rejoin",
}
"""What changes a cluster, by the driver's words and by the plan's."""
_NODE_AT = {"inject": 1, "heal": 1, "switch": 1}
"""Where the node stands among the arguments, where it is not the first."""

Act = tuple[str, str]
"""An action of a plan, and the node that it is about."""


class Recorded:
    """A driver that notes what it is told to change. Everything goes on to the real one."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self.acts: list[Act] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._driver, name)
        return self._noting(name, found) if name in ACTIONS else found

    def _noting(self, name: str, told: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            self.acts.append((ACTIONS[name], str(arguments[_NODE_AT.get(name, 0)])))
            return told(*arguments, **named)

        return noted


def as_planned(planned: Sequence[Act], done: Sequence[Act], *, instead: Mapping[str, str]) -> Check:
    """Whether exactly what was planned was done, in its order.

    ``instead``: nodes that the cluster itself chose in place of the planned ones. An act that is repeated at
    once is one: every act may be done twice.
    """
    wanted = [(action, instead.get(node, node)) for action, node in planned]
    found = [act for at, act in enumerate(done) if at == 0 or done[at - 1] != act]
    well = wanted == found
    return Check(
        name=NAME,
        verdict=Verdict.PASSED if well else Verdict.FAILED,
        expected=[f"{action} {node}" for action, node in wanted],
        observed=[f"{action} {node}" for action, node in found],
        reason="" if well else _difference(wanted, found),
    )


def _difference(wanted: Sequence[Act], found: Sequence[Act]) -> str:
    at = next((at for at, (one, other) in enumerate(zip(wanted, found, strict=False)) if one != other), None)
    if at is None:
        at = min(len(wanted), len(found))
    planned = " ".join(wanted[at]) if at < len(wanted) else "nothing more"
    done = " ".join(found[at]) if at < len(found) else "nothing more"
    return f"act {at + 1}: planned was {planned}, done was {done}"
