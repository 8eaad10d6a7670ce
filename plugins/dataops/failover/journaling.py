"""The journal in the object store: one open round a server, written before each thing that it tells of.

Every write is conditional on the version that we read or wrote last, and comes after a look at our lease.
So whoever was silent for too long, and was followed by the guard, can neither commit nor go on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from dataops.errors import ConfigurationError, InconclusiveError
from dataops.evidence.verdict import Artifact
from dataops.failover.journal import Phase, Round, Undo
from dataops.store import Conflict, Held, ObjectMissing, ObjectStore, StoreError

FORMAT = 1
LEG, FAILBACK = "leg", "failback"
"""A fact that says that the roles are on their way back: ``primary`` and ``candidate`` are swapped then."""
DBNAME = "dbname"
"""A fact: the database that the canary writes to, where that is not the connections' own."""
BY, SWITCH = "by", "switch"
"""A fact that says that roles change by the driver's ``switch``, not by fencing and promoting."""

_ORDER = tuple(Phase)
_SILENCE = 0.7
_ROUNDS = 5
"""How often to read again after losing a race."""


class RoundOpen(ConfigurationError):
    """Another round stands open on this server: its coordinator or the guard must finish it first."""


class JournalTaken(InconclusiveError):
    """Somebody else writes the journal: the guard followed us. We must not go on."""


class JournalDamaged(InconclusiveError):
    """The journal cannot be read, so nobody knows whether something is broken."""


@dataclass(frozen=True)
class Moment:
    """When a round entered a phase, UTC by the clock of who wrote it."""

    phase: Phase
    at: str
    holder: str


@dataclass(frozen=True)
class Entry:
    """What stands in the store. ``lease`` and ``longest`` are seconds: of silence, and of the whole round."""

    round: Round
    lease: float
    longest: float
    opened: str
    """UTC."""
    trail: tuple[Moment, ...] = ()
    revision: int = 0
    """One more with every write: the same words twice would have one ETag, and no condition could tell."""
    format: int = FORMAT

    @property
    def is_open(self) -> bool:
        """Whether something may be left to do."""
        return self.round.phase is not Phase.FINISHED

    @property
    def leader(self) -> str:
        """Who opened it."""
        return self.trail[0].holder if self.trail else self.round.holder

    @property
    def overdue(self) -> datetime:
        """When the round must have ended, UTC."""
        return datetime.fromtimestamp(datetime.fromisoformat(self.opened).timestamp() + self.longest, tz=UTC)

    def led_by(self, holder: str) -> Entry:
        """The same round in the hands of another, who is told in the trail once."""
        known = bool(self.trail) and self.trail[-1].holder == holder
        moment = () if known else (Moment(self.round.phase, _now(), holder),)
        return replace(self, round=replace(self.round, holder=holder), trail=(*self.trail, *moment))

    def to_json(self) -> str:
        """The entry as it is stored."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, body: bytes) -> Entry:
        """The entry that was stored; ``ValueError``, ``KeyError`` or ``TypeError`` where it is none."""
        content: dict[str, Any] = json.loads(body)
        told = content["round"]
        return cls(**{
            **content,
            "round": Round(**{
                **told,
                "phase": Phase(told["phase"]),
                "undo": tuple(Undo(**each) for each in told["undo"]),
            }),
            "trail": tuple(Moment(**{**each, "phase": Phase(each["phase"])}) for each in content["trail"]),
        })


class Journal:
    """The journal of one server's open round, ours to write as long as ``held`` is ours."""

    def __init__(self, store: ObjectStore, entry: Entry, etag: str | None, held: Held) -> None:
        self._store = store.patient_for(min(store.patience, entry.lease / 3))
        self._etag = etag
        self._held = held
        self._unsure: Entry | None = None
        """What was sent to the store, which did not say whether it took it."""
        self.entry = entry

    @classmethod
    def open(cls, store: ObjectStore, begun: Round, *, held: Held, lease: float, longest: float) -> Journal:
        """A new round's journal, written. ``RoundOpen`` where one stands open, naming whose."""
        last, etag = _look(store, begun.server)
        if last is not None and last.is_open:
            raise RoundOpen(_standing_open(last))
        entry = Entry(begun, lease, longest, _now(), (Moment(begun.phase, _now(), begun.holder),))
        journal = cls(store, entry, etag, held)
        journal._write(entry)
        return journal

    @classmethod
    def take_over(cls, store: ObjectStore, server: str, *, held: Held) -> Journal | None:
        """The open round of a server, with us as its holder from now on; None where none stands open.

        Once this has returned, nothing that the one before us writes can take effect.
        """
        for _ in range(_ROUNDS):
            last, etag = _look(store, server)
            if last is None or not last.is_open:
                return None
            journal = cls(store, last, etag, held)
            try:
                journal._write(last.led_by(held.holder))
            except JournalTaken:  # its coordinator was alive a moment ago: what it wrote counts
                continue
            return journal
        raise JournalTaken(f"The journal {key(server)} is written by somebody else again and again.")

    @property
    def round(self) -> Round:
        """The round as it was written last."""
        return self.entry.round

    def advance(
        self, phase: Phase, *, undo: Iterable[Undo] | None = None, facts: Mapping[str, str] | None = None
    ) -> Round:
        """The round in its next phase, by one write. ``undo`` replaces the list, ``facts`` are added.

        Raises ``LeaseLost`` and ``JournalTaken`` where it is no longer ours: nothing was written then. After
        a ``StoreError`` nobody knows whether it was: promote nothing, and call ``settle``. Never goes back:
        ``ValueError``.
        """
        before = self.settle().phase
        if phase is Phase.FINISHED or _ORDER.index(phase) < _ORDER.index(before):
            raise ValueError(f"a round cannot go from {before} to {phase}")
        return self._record(replace(self.round, phase=phase), undo, facts, new_phase=phase is not before)

    def note(self, *, undo: Iterable[Undo] | None = None, facts: Mapping[str, str] | None = None) -> Round:
        """More to undo or to know within the same phase; raises as ``advance`` does."""
        return self._record(self.settle(), undo, facts, new_phase=False)

    def turn(self, *, undo: Iterable[Undo] = (), facts: Mapping[str, str] | None = None) -> Round:
        """The way back begins: the roles of ``primary`` and ``candidate`` are swapped, ``BREAKING`` again.

        From here the same rules hold as on the way there. ``ValueError`` before the old primary rejoined.
        """
        now = self.settle()
        if now.phase is not Phase.REJOINED or now.facts.get(LEG) == FAILBACK:
            raise ValueError(f"a round that is {now.phase} cannot begin its way back")
        turned = replace(now, phase=Phase.BREAKING, primary=now.candidate, candidate=now.primary)
        return self._record(turned, undo, {**(facts or {}), LEG: FAILBACK}, new_phase=True)

    def settle(self) -> Round:
        """What stands in the store, once that is certain: after a ``StoreError``, before anything is decided.

        What was sent last either stands, or never will: a write of what stood before outruns it. Raises as
        ``advance`` does; as long as it raises ``StoreError``, leave the cluster to the guard, which goes by
        what stands there.
        """
        if self._unsure is not None:
            self._settle(self._unsure)
        return self.round

    def close(self, *, facts: Mapping[str, str] | None = None) -> Artifact:
        """Nothing is left to do. The journal is kept with the round's history: where, as an artifact."""
        self._record(replace(self.settle(), phase=Phase.FINISHED), (), facts, new_phase=True)
        told = self.round
        kept = self._store.put(f"{history(told.server, told.run)}journal.json", self.entry.to_json())
        return Artifact(key=kept.key, size=kept.size, sha256=kept.sha256)

    def _record(
        self, wanted: Round, undo: Iterable[Undo] | None, facts: Mapping[str, str] | None, *, new_phase: bool
    ) -> Round:
        told = replace(
            wanted,
            undo=wanted.undo if undo is None else tuple(undo),
            facts={**wanted.facts, **(facts or {})},
        )
        moment = (Moment(told.phase, _now(), told.holder),) if new_phase else ()
        self._write(replace(self.entry, round=told, trail=(*self.entry.trail, *moment)))
        return self.round

    def _settle(self, sent: Entry) -> None:
        try:
            self._write(self.entry)
        except JournalTaken:
            found, etag = _look(self._store, sent.round.server)
            ours = any(found == each for each in (sent, self._next(self.entry)))
            if found is None or not ours:
                raise
            self._etag, self.entry = etag, found
        self._unsure = None

    def _next(self, entry: Entry) -> Entry:
        return replace(entry, revision=self.entry.revision + 1)

    def _write(self, entry: Entry) -> None:
        self._held.check()
        server, entry = entry.round.server, self._next(entry)
        try:
            stored = self._store.put(
                key(server), entry.to_json(), if_none_match=self._etag is None, if_match=self._etag
            )
        except Conflict as error:
            raise JournalTaken(
                f"Somebody else wrote the journal {key(server)}: the guard, or another round. This round "
                "must not go on; `dataops evidence list` shows what the guard did."
            ) from error
        except StoreError:
            self._unsure = self._unsure or entry
            raise
        self._etag, self.entry, self._unsure = stored.etag, entry, None


def read(store: ObjectStore, server: str) -> Entry | None:
    """The journal of a server as it stands, of an open round or of the last one; None where there is none."""
    return _look(store, server)[0]


def silence(lease: float) -> float:
    """Seconds for which a coordinator's lease stands, where the scenario's ``stop.lease`` is so long.

    What is left of it is the guard's: to notice, to heal or to fence, and to page before it has run out.
    """
    return max(2.0, _SILENCE * lease)


def lease_name(system_identifier: str) -> str:
    """The lease that whoever leads a round on this cluster holds."""
    return f"failover-{system_identifier}"


def key(server: str) -> str:
    """Where the journal of a server lies."""
    return f"failover/{server}/journal.json"


def history(server: str, run: str) -> str:
    """Prefix of what is kept of one round."""
    return f"failover/{server}/rounds/{run}/"


def _look(store: ObjectStore, server: str) -> tuple[Entry | None, str | None]:
    try:
        found = store.fetch(key(server))
    except ObjectMissing:
        return None, None
    try:
        return Entry.from_json(found.body), found.etag
    except (ValueError, KeyError, TypeError) as error:
        raise JournalDamaged(
            f"The journal {key(server)} cannot be read: somebody changed it. Look whether the cluster is "
            "whole, bring back the object's earlier version, or delete it where nothing is left to undo."
        ) from error


def _standing_open(entry: Entry) -> str:
    told = entry.round
    return (
        f"A round of {told.scenario!r} stands open on {told.server!r} since {entry.opened}, as {told.phase}, "
        f"led by {told.holder}. Wait until it ends; if its coordinator is dead, the guard ends it. "
        f"See {key(told.server)}."
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
