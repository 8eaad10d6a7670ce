"""Carrying out a part of a plan, batch by batch, so that a run that dies can be gone on with.

Before every batch the lease is checked and what the batch touches is read again: a change whose topic was
recreated or changed by somebody else since the plan is refused, one that holds already is not done again.
A change that was sent and not answered is read, never guessed; where reading tells nothing within our
patience, its outcome is unknown. Nothing is ever deleted that the plan does not delete by its id.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dataops.connections import Resolve, from_environment
from dataops.kafka.applying import moving
from dataops.kafka.applying.answer import Answer
from dataops.kafka.applying.journal import Journal, new_entry
from dataops.kafka.applying.outcome import Outcome, Report, Result
from dataops.kafka.applying.present import Present, read_present
from dataops.kafka.applying.sending import Aids, send
from dataops.kafka.applying.settling import unsettled
from dataops.kafka.applying.standing import Stands, standing
from dataops.kafka.applying.weighing import HEAVIEST, batches
from dataops.kafka.changes import Change, Part
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.cluster.errors import ClusterUnreachable, NotAllowed, Unsupported
from dataops.store import ObjectStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """Seconds: for one batch with all its tries, for reading back, for replicas to move."""

    batch: float = 120.0
    settle: float = 60.0
    move: float = 6 * 3600.0
    conflict: float = 5.0


@dataclass(frozen=True)
class Work:
    """What an apply needs. ``still_ours`` raises where the lease of the cluster was lost."""

    session: Session
    cluster: str
    store: ObjectStore
    holder: str
    still_ours: Callable[[], None] = lambda: None
    secrets: Resolve = from_environment
    patience: Patience = Patience()
    heaviest: int = HEAVIEST


@dataclass
class _Run:
    """One apply on its way."""

    work: Work
    changes: tuple[Change, ...]
    journal: Journal
    earlier: frozenset[int]
    """Changes that an earlier run of the same plan had begun."""
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)
    """Resources one of whose changes was not done, and what happened."""

    @property
    def aids(self) -> Aids:
        work = self.work
        return Aids(moving.Move(self.journal, work.patience.move, work.still_ours), work.secrets)

    def tell(self, index: int, result: Result, reason: str = "") -> Outcome:
        change = self.changes[index]
        outcome = Outcome(index, change.resource, change.kind, result, reason)
        self.outcomes[index] = outcome
        if not outcome.done:
            self.blocked.setdefault(change.resource, f"{change.kind} was {result}")
        return outcome


def lease_name(cluster: str) -> str:
    """The lease under which a cluster is changed, by DAG and command line alike."""
    return f"kafka-{cluster}"


def apply(work: Work, part: Part) -> Report:
    """All changes of the part, each with what became of it. Called under the lease of the cluster.

    Raises ``LeaseLost`` or ``JournalTaken`` where somebody else works on the cluster; ``StoreError`` where
    the journal cannot be written: then nothing more was sent.
    """
    begun = time.monotonic()
    session = work.session
    if not part.changes:
        return Report((), left=_unthrottled(work))
    entry = new_entry(work.cluster, session.cluster_id, part.hash, work.holder, len(part.changes))
    journal, unfinished = Journal.open(work.store, entry)
    resumed = unfinished is not None and unfinished.plan == part.hash
    left = []
    if unfinished is not None:
        left.append(
            f"A run of {unfinished.holder} that began at {unfinished.started} died or left something open."
        )
        left += [said for said in [moving.clear_throttles(session, journal)] if said]
    run = _Run(work, part.changes, journal, frozenset(entry.begun if resumed else ()))
    for indexes in batches(part.changes, work.heaviest):
        if not _batch(run, indexes):
            break
    _read_back(run)
    outcomes = _all(run)
    journal.end(outcomes)
    if not journal.entry.throttles and all(each.result is not Result.UNKNOWN for each in outcomes):
        journal.finish()
    return Report(outcomes, resumed, tuple(left), time.monotonic() - begun)


def _unthrottled(work: Work) -> tuple[str, ...]:
    """Takes away what a dead run throttled; what it began stays in its journal, to be gone on with."""
    journal = Journal.of_a_dead_run(work.store, work.cluster)
    said = moving.clear_throttles(work.session, journal) if journal is not None else ""
    return (said,) if said else ()


def _batch(run: _Run, indexes: Sequence[int]) -> bool:
    """One batch; false where the cluster is out of reach, so that going on is of no use."""
    pending = [index for index in indexes if run.changes[index].resource not in run.blocked]
    for index in set(indexes) - set(pending):
        run.tell(index, Result.SKIPPED, f"{run.blocked[run.changes[index].resource]} before it")
    if not pending:
        return True
    started = time.monotonic()
    try:
        _carry_out(run, pending, started)
    except ClusterUnreachable as error:
        for index in pending:
            if index not in run.outcomes:
                sent = index in run.journal.entry.begun
                run.tell(index, Result.UNKNOWN if sent else Result.SKIPPED, str(error))
        return False
    finally:
        run.journal.end([run.outcomes[index] for index in indexes if index in run.outcomes])
    log.info(
        "kafka: %s: %d of %d changes done in %.1f s",
        run.changes[pending[0]].kind,
        sum(run.outcomes[index].done for index in pending),
        len(pending),
        time.monotonic() - started,
    )
    return True


def _carry_out(run: _Run, pending: Sequence[int], started: float) -> None:
    """Read, send, read again, until every change has an outcome or patience ends."""
    waiting = list(pending)
    answers: dict[int, Answer] = {}
    pause = 0.1
    while True:
        run.work.still_ours()
        present = read_present(run.work.session, [run.changes[index].action for index in waiting])
        ready = [index for index in waiting if _still_to_do(run, index, present, answers)]
        if not ready:
            return
        if set(ready) - set(run.journal.entry.begun):
            run.journal.begin(ready)
        sent = send(run.work.session, [run.changes[index] for index in ready], present, run.aids)
        for index, answer in zip(ready, sent, strict=True):
            answers[index] = answer
            _judge(run, index, answer, time.monotonic() - started)
        waiting = [index for index in ready if index not in run.outcomes]
        if not waiting:
            return
        if time.monotonic() - started > run.work.patience.batch:
            _give_up(run, waiting, answers)
            return
        log.info("kafka: %d changes are tried again: %s", len(waiting), answers[waiting[0]].reason)
        time.sleep(pause)
        pause = min(pause * 2, 5.0)


def _still_to_do(run: _Run, index: int, present: Present, answers: dict[int, Answer]) -> bool:
    """Whether the change must be sent; its outcome is told where it need not or must not be."""
    stands = standing(run.changes[index], present)
    if stands.stands is Stands.TO_DO:
        return True
    if stands.stands is Stands.OVERTAKEN:
        run.tell(index, Result.REFUSED, stands.reason)
    else:
        ours = index in answers or index in run.earlier
        run.tell(index, Result.APPLIED if ours else Result.ALREADY)
    return False


def _judge(run: _Run, index: int, answer: Answer, seconds: float) -> None:
    """The outcome, where the answer leaves no doubt."""
    if answer.taken:
        run.tell(index, Result.APPLIED)
    elif answer.is_unknown or answer.is_worth_another_try:
        return
    elif not answer.is_conflict or seconds > run.work.patience.conflict:
        run.tell(index, Result.FAILED, answer.reason)


def _give_up(run: _Run, waiting: Sequence[int], answers: dict[int, Answer]) -> None:
    for index in waiting:
        unknown = answers[index].is_unknown
        run.tell(index, Result.UNKNOWN if unknown else Result.FAILED, answers[index].reason)


def _read_back(run: _Run) -> None:
    """What was done must show; what does not show when patience ends is unknown.

    Of a topic that is deleted at last only that shows.
    """
    done = [index for index, outcome in run.outcomes.items() if outcome.result is Result.APPLIED]
    gone = {run.changes[index].topic for index in done if run.changes[index].kind == "delete topic"}
    done = [
        index
        for index in done
        if run.changes[index].kind == "delete topic" or run.changes[index].topic not in gone
    ]
    if not done:
        return
    try:
        missing = unsettled(run.work.session, run.changes, done, run.work.patience.settle)
    except (ClusterUnreachable, NotAllowed, Unsupported) as error:
        missing = dict.fromkeys(done, f"it was taken, but could not be read back: {error}")
    for index, reason in missing.items():
        run.tell(index, Result.UNKNOWN, reason)


def _all(run: _Run) -> tuple[Outcome, ...]:
    for index in range(len(run.changes)):
        if index not in run.outcomes:
            run.tell(index, Result.SKIPPED, "the run ended before it")
    return tuple(run.outcomes[index] for index in range(len(run.changes)))
