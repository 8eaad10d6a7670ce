"""The guards' sign of life in the store: no test begins without a fresh one.

One object an environment, in which every guard keeps a line of its own: two guards may watch at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dataops.errors import InconclusiveError
from dataops.store import Conflict, ObjectMissing, ObjectStore, StoreError

MISSED = 3
"""So many beats may be missed before a guard counts as dead."""
FORGOTTEN = timedelta(hours=1)
"""After so long without a beat a guard's line is taken away."""
_ROUNDS = 10
"""How often to write again after another guard wrote in between."""


class HeartbeatUnreadable(InconclusiveError):
    """Nobody can tell whether a guard is alive: then none is."""


@dataclass(frozen=True)
class Heartbeat:
    """One guard, alive at ``at`` by the store's clock. ``every``: seconds between two beats."""

    host: str
    process: int
    environment: str
    every: float
    started: datetime
    at: datetime
    reaches: Mapping[str, str]
    """Server → why the guard could not act on it; empty where it reached every node and every host."""
    pages: bool
    """Whether somebody is paged at all."""

    @property
    def name(self) -> str:
        """Tells two guards apart, also on one host."""
        return f"{self.host}, process {self.process}"

    def fresh(self, now: datetime) -> bool:
        """Whether it beat lately, ``now`` being the store's time, which has whole seconds."""
        return now - self.at <= timedelta(seconds=MISSED * self.every + 1)


def beat(store: ObjectStore, mine: Heartbeat) -> Heartbeat:
    """Mine, written with the store's time beside those of the other guards."""

    def with_mine(others: Mapping[str, Heartbeat], now: datetime) -> Mapping[str, Heartbeat]:
        return {**others, mine.name: replace(mine, at=now)}

    return _write(store, mine.environment, with_mine)[mine.name]


def leave(store: ObjectStore, mine: Heartbeat) -> None:
    """Take my line away: I watch no more, and tests must know at once."""
    _write(store, mine.environment, lambda all_, _: {n: each for n, each in all_.items() if n != mine.name})


def alive(store: ObjectStore, environment: str) -> tuple[Heartbeat, ...]:
    """The guards that beat lately, by the store's clock. ``HeartbeatUnreadable`` where nobody can tell."""
    found, now, _ = _look(store, environment)
    return tuple(each for _, each in sorted(found.items()) if each.fresh(now))


def key(environment: str) -> str:
    """Where the heartbeats of an environment lie."""
    return f"failover/guard/{environment}.json"


def _write(store: ObjectStore, environment: str, change: Any) -> Mapping[str, Heartbeat]:
    for _ in range(_ROUNDS):
        try:
            found, now, etag = _look(store, environment)
        except HeartbeatUnreadable:  # written anew: it holds nothing that lasts
            found, now, etag = {}, store.clock(), store.head(key(environment)).etag
        kept = {name: each for name, each in found.items() if now - each.at < FORGOTTEN}
        wanted = change(kept, now)
        body = json.dumps({name: _told(each) for name, each in wanted.items()}, indent=2)
        try:
            store.put(key(environment), body, if_none_match=etag is None, if_match=etag)
        except Conflict:
            continue
        return dict(wanted)
    raise StoreError(f"Could not write {key(environment)}: too many guards beat at once.")


def _look(store: ObjectStore, environment: str) -> tuple[dict[str, Heartbeat], datetime, str | None]:
    try:
        found = store.fetch(key(environment))
    except ObjectMissing:
        return {}, store.clock(), None
    try:
        lines = {name: _read(each) for name, each in json.loads(found.body).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise HeartbeatUnreadable(
            f"{key(environment)} is no heartbeat of a guard: a running guard writes it anew; is there one?"
        ) from error
    return lines, found.at, found.etag


def _told(beat: Heartbeat) -> dict[str, Any]:
    return {
        **beat.__dict__,
        "started": beat.started.isoformat(),
        "at": beat.at.isoformat(),
        "reaches": dict(beat.reaches),
    }


def _read(line: Mapping[str, Any]) -> Heartbeat:
    times = {name: datetime.fromisoformat(line[name]) for name in ("started", "at")}
    return Heartbeat(**{**line, **times})
