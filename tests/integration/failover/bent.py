"""A driver that does one thing otherwise than the real one: how a test breaks the harness itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dataops.evidence.steps import Say
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.drivers.choosing import driver_of
from dataops.failover.job import Build
from dataops.inventory import Server
from dataops.platform import Platform

Action = Callable[..., Any]
"""Gets the real driver first, then what the action gets."""


def bent(**actions: Action) -> Build:
    """``bent(route=lambda real, node: None)``: the server's own driver, but for these actions."""

    def build(platform: Platform, server: Server, say: Say) -> Any:
        return _Bent(driver_of(platform, server, say), actions)

    return build


class _Bent:
    def __init__(self, real: Any, actions: dict[str, Action]) -> None:
        self._real = real
        self._actions = actions

    def __getattr__(self, name: str) -> Any:
        real, action = self._real, self._actions.get(name)
        return (
            getattr(real, name) if action is None else lambda *args, **kwargs: action(real, *args, **kwargs)
        )


def claimed(name: str) -> Check:
    """A check that says it passed, and looked at nothing."""
    return Check(name=name, verdict=Verdict.PASSED, observed="claimed, not looked at")
