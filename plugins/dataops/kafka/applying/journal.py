"""What an apply is about to do and has done, kept in the object store, so that the next run can go on.

One object a cluster, written before and after every batch under the lease of the cluster. It says which
changes were begun, what became of them, and which throttles were set that must be taken away again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from dataops.errors import InconclusiveError
from dataops.kafka.applying.outcome import Outcome, Result
from dataops.store import Conflict, ObjectMissing, ObjectStore

FORMAT = 1


class JournalTaken(InconclusiveError):
    """Somebody else writes the journal of this cluster: we must not go on."""


@dataclass
class Throttles:
    """Set for a reassignment. ``brokers``: what each had before, None where it had none of its own."""

    topics: list[str] = field(default_factory=list)
    brokers: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.topics or self.brokers)


@dataclass
class Entry:
    """The content of the journal. ``plan`` is the hash of the part that is applied."""

    cluster: str
    cluster_id: str
    plan: str
    holder: str
    started: str
    changes: int
    begun: list[int] = field(default_factory=list)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    throttles: Throttles = field(default_factory=Throttles)
    finished: str = ""
    format: int = FORMAT

    def done(self) -> set[int]:
        """Changes that the cluster is known to have taken."""
        return {
            int(index)
            for index, outcome in self.outcomes.items()
            if outcome["result"] in {Result.APPLIED, Result.ALREADY}
        }


class Journal:
    """The journal of one cluster, open for writing."""

    def __init__(self, store: ObjectStore, entry: Entry, etag: str | None) -> None:
        self._store = store
        self._etag = etag
        self.entry = entry

    @classmethod
    def open(cls, store: ObjectStore, entry: Entry) -> tuple[Journal, Entry | None]:
        """A new journal in place of the last one, and that one where its run did not finish.

        An unfinished journal of the same plan is gone on with; what throttles any unfinished one has set is
        taken over in any case.
        """
        last, etag = _read(store, entry.cluster)
        unfinished = last if last is not None and not last.finished else None
        if unfinished is not None:
            entry.throttles = unfinished.throttles
            if (unfinished.plan, unfinished.cluster_id) == (entry.plan, entry.cluster_id):
                entry.begun, entry.outcomes = list(unfinished.begun), dict(unfinished.outcomes)
        journal = cls(store, entry, etag)
        journal._write()
        return journal, unfinished

    @classmethod
    def of_a_dead_run(cls, store: ObjectStore, cluster: str) -> Journal | None:
        """The journal that the last run left unfinished, as it stands; None where there is none."""
        last, etag = _read(store, cluster)
        return cls(store, last, etag) if last is not None and not last.finished else None

    def begin(self, indexes: Sequence[int]) -> None:
        """These changes are about to be sent."""
        self.entry.begun = sorted({*self.entry.begun, *indexes})
        self._write()

    def end(self, outcomes: Sequence[Outcome]) -> None:
        """What became of changes."""
        self.entry.outcomes |= {
            str(each.index): {"result": str(each.result), "reason": each.reason} for each in outcomes
        }
        self._write()

    def throttled(self, throttles: Throttles) -> None:
        """Which throttles are set now, or are about to be."""
        self.entry.throttles = throttles
        self._write()

    def finish(self) -> None:
        """Nothing is left to do: no change of unknown outcome, no throttle."""
        self.entry.finished = _now()
        self._write()

    def _write(self) -> None:
        body = json.dumps(asdict(self.entry), separators=(",", ":"))
        try:
            stored = self._store.put(
                key(self.entry.cluster), body, if_none_match=self._etag is None, if_match=self._etag
            )
        except Conflict as error:
            raise JournalTaken(
                f"Somebody else writes the journal {key(self.entry.cluster)}: another run applies to this "
                "cluster. Nothing more was changed by this one; run again when the other has ended."
            ) from error
        self._etag = stored.etag


def new_entry(cluster: str, cluster_id: str, plan: str, holder: str, changes: int) -> Entry:
    """The entry of a run that begins now."""
    return Entry(cluster, cluster_id, plan, holder, _now(), changes)


def read_unfinished(store: ObjectStore, cluster: str) -> Entry | None:
    """The journal of a run that died, if the last one did."""
    last, _ = _read(store, cluster)
    return last if last is not None and not last.finished else None


def key(cluster: str) -> str:
    """Where the journal of a cluster lies."""
    return f"kafka/{cluster}/journal.json"


def _read(store: ObjectStore, cluster: str) -> tuple[Entry | None, str | None]:
    try:
        found = store.fetch(key(cluster))
    except ObjectMissing:
        return None, None
    content: Mapping[str, Any] = json.loads(found.body)
    return Entry(**{**content, "throttles": Throttles(**content["throttles"])}), found.etag


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
