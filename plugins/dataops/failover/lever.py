"""The kill lever: while it is pulled no failover test begins, and those under way end themselves.

One object in the bucket of an environment. It is looked at before a round, and all along by its coordinator:
before the commit point the round heals then, after it it only goes forward.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from dataops.errors import DataOpsError, InconclusiveError
from dataops.store import ObjectMissing, ObjectStore

KEY = "failover/stop.json"


class Stopped(DataOpsError):
    """The kill lever is pulled: no failover test may begin or go on."""


class LeverUnreadable(InconclusiveError):
    """What lies in the lever's place cannot be read: it counts as pulled."""


@dataclass(frozen=True)
class Lever:
    """What was done last, by whom and why. ``at``: UTC."""

    pulled: bool
    who: str
    why: str
    at: str

    def __str__(self) -> str:
        done = "pulled" if self.pulled else "released"
        return f"{done} at {self.at} by {self.who}: {self.why or 'no reason given'}"


def pull(store: ObjectStore, *, who: str, why: str) -> Lever:
    """Stop every failover test of the environment. May be done twice; the last one says why."""
    return _set(store, Lever(True, who, why, _now()))


def release(store: ObjectStore, *, who: str, why: str) -> Lever:
    """Let tests begin again. What was stopped does not go on by itself."""
    return _set(store, Lever(False, who, why, _now()))


def last(store: ObjectStore) -> Lever | None:
    """What was done last; None where it was never touched.

    Raises ``StoreError`` where nobody can tell, and ``LeverUnreadable``: neither means that tests may run.
    """
    try:
        body = store.get(KEY)
    except ObjectMissing:
        return None
    try:
        return Lever(**json.loads(body))
    except (ValueError, TypeError) as error:
        raise LeverUnreadable(
            f"The kill lever {KEY} cannot be read, so it counts as pulled: `dataops failover stop --release` "
            "writes it anew."
        ) from error


def standing(store: ObjectStore) -> Lever | None:
    """The lever where it is pulled, None where tests may run; raises as ``last`` does."""
    found = last(store)
    return found if found is not None and found.pulled else None


def check(store: ObjectStore) -> None:
    """Nothing where tests may run; ``Stopped`` where the lever is pulled; else raises as ``last`` does."""
    found = standing(store)
    if found is not None:
        raise Stopped(
            f"The kill lever of failover tests was {found}. Nothing begins before "
            "`dataops failover stop --release`."
        )


def _set(store: ObjectStore, lever: Lever) -> Lever:
    store.put(KEY, json.dumps(asdict(lever), indent=2))
    return lever


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
