"""Leases: one holder at a time, for DAGs and command line alike, by conditional writes in the store."""

from __future__ import annotations

import json
import logging
import secrets
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from dataops.errors import DataOpsError
from dataops.store.errors import Conflict, LeaseHeld, LeaseLost, ObjectMissing, StoreError
from dataops.store.objects import ObjectStore

log = logging.getLogger(__name__)

_ROUNDS = 5
"""How often to look again after losing a race before giving up."""


@dataclass(frozen=True)
class _State:
    """What stands in the store. Times are the store's own; ``token`` tells two holders of one name apart."""

    name: str
    holder: str
    token: str
    fence: int
    since: str
    expires: str
    released: bool = False

    def is_free(self, at: datetime) -> bool:
        return self.released or datetime.fromisoformat(self.expires) <= at

    def renewed(self, at: datetime, seconds: float) -> _State:
        return replace(self, expires=(at + timedelta(seconds=seconds)).isoformat())

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)


class Held:
    """A lease that we hold. ``fence`` grows with every holder: a write with a lower one comes too late."""

    def __init__(self, store: ObjectStore, state: _State, etag: str, seconds: float, asked: float) -> None:
        self._store = store
        self._state = state
        self._etag = etag
        self._seconds = seconds
        self._valid_until = self._until(asked)
        self._lost: str = ""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"lease-{state.name}", daemon=True)

    @property
    def fence(self) -> int:
        """The number of this holding: 1 for the first ever, one more for each after it."""
        return self._state.fence

    @property
    def holder(self) -> str:
        return self._state.holder

    def check(self) -> None:
        """Nothing, while the lease is ours; else ``LeaseLost``. Call it before what cannot be undone."""
        if not self._lost and time.monotonic() >= self._valid_until:
            self._lost = "it could not be renewed in time"
        if self._lost:
            raise LeaseLost(
                f"The lease {self._state.name!r} of {self._state.holder} was lost: {self._lost}. "
                "Nothing more was written; run again."
            )

    def _begin(self) -> None:
        self._thread.start()

    def _keep(self) -> None:
        while not self._ending.wait(self._seconds / 3) and not self._lost:
            asked = time.monotonic()
            try:
                self._renew()
                self._valid_until = self._until(asked)
            except (Conflict, ObjectMissing):
                self._lost = "somebody else took it over"
            except DataOpsError as error:  # still ours until it expires: the next round tries again
                log.warning("lease %s was not renewed: %s", self._state.name, error)

    def _until(self, asked: float) -> float:
        """When it ends by our own clock: the store tells its time in whole seconds, rounded down."""
        return asked + self._seconds - 1

    def _renew(self) -> None:
        renewed = self._state.renewed(self._store.clock(), self._seconds)
        self._etag = self._store.put(_key(renewed.name), renewed.to_json(), if_match=self._etag).etag
        self._state = renewed

    def _release(self) -> None:
        self._ending.set()
        self._thread.join()
        if self._lost:
            return
        released = replace(self._state, released=True)
        try:
            self._store.put(_key(released.name), released.to_json(), if_match=self._etag)
        except DataOpsError as error:  # it expires by itself
            log.warning("lease %s was not released: %s", released.name, error)


@contextmanager
def lease(
    store: ObjectStore, name: str, *, holder: str, seconds: float = 60, inherit: bool = False
) -> Generator[Held]:
    """The lease ``leases/<name>.json``, renewed in the background while the block runs, released after it.

    ``holder`` is who and where, in words for people: a DAG run and try, or user, host and process.
    A holder that died without a word is followed after ``seconds``; with ``inherit`` at once by a holder
    of the very same name: for the retry of a task whose first try is known to be dead.
    Raises ``LeaseHeld``, at once, naming who holds it.
    """
    hasty = store.patient_for(min(store.patience, seconds / 3))  # no use in waiting past the expiry
    held = _acquire(hasty, name, holder, seconds, inherit=inherit)
    held._begin()
    log.info("lease %s: held by %s, fence %d", name, holder, held.fence)
    try:
        yield held
    finally:
        held._release()


def holder_of(store: ObjectStore, name: str) -> str | None:
    """Who holds the lease now; None where nobody does."""
    state, _, at = _look(store, name)
    return None if state is None or state.is_free(at) else state.holder


def _acquire(store: ObjectStore, name: str, holder: str, seconds: float, *, inherit: bool) -> Held:
    state = None
    for _ in range(_ROUNDS):
        asked = time.monotonic()
        state, etag, at = _look(store, name)
        if state is not None and not state.is_free(at) and not (inherit and state.holder == holder):
            raise _refusal(state)
        wanted = _State(
            name=name,
            holder=holder,
            token=secrets.token_hex(8),
            fence=state.fence + 1 if state else 1,
            since=at.isoformat(),
            expires=(at + timedelta(seconds=seconds)).isoformat(),
        )
        try:
            stored = store.put(_key(name), wanted.to_json(), if_none_match=etag is None, if_match=etag)
        except Conflict:
            continue
        return Held(store, wanted, stored.etag, seconds, asked)
    raise StoreError(f"The lease {name!r} could not be taken: too many others tried at once. Run again.")


def _look(store: ObjectStore, name: str) -> tuple[_State | None, str | None, datetime]:
    """What stands in the store, its ETag, and the store's clock."""
    try:
        found = store.fetch(_key(name))
    except ObjectMissing:
        return None, None, store.clock()
    return _State(**json.loads(found.body)), found.etag, found.at


def _refusal(state: _State) -> LeaseHeld:
    since, expires = (datetime.fromisoformat(text) for text in (state.since, state.expires))
    return LeaseHeld(
        f"The lease {state.name!r} is held by {state.holder} since {since:%Y-%m-%d %H:%M:%S} UTC: "
        f"wait for it to end. If it is dead, the lease ends by itself at {expires:%H:%M:%S} UTC."
    )


def _key(name: str) -> str:
    return f"leases/{name}.json"
