"""One rehearsal from its first fault to its last, with clean drills between them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from dataops.backup import catalog
from dataops.backup.steps import Job
from dataops.drill.choosing import choose
from dataops.drill.rehearsal.drilling import RunChecks, checks_of, whole_drill
from dataops.drill.rehearsal.fault import Fault, Kind, NotInjectable, NotThere, Sql
from dataops.drill.rehearsal.judging import Look, clean_run, judged, not_put_in
from dataops.drill.rehearsal.shelf import Shelf
from dataops.drill.rehearsal.stage import Stage
from dataops.drill.restored import RestoredServer
from dataops.drill.restoring import restored, torn_down
from dataops.drill.run import new_drill_id
from dataops.errors import DataOpsError
from dataops.evidence.steps import Say
from dataops.evidence.units import duration
from dataops.evidence.verdict import Check, Verdict
from dataops.inventory import Database

log = logging.getLogger(__name__)

CLEAN_EVERY = 20
"""So many faults after each other before a clean copy is checked again."""


@dataclass
class Rehearsal:
    """What is to be put in, and the lines of what came of it: one a fault, one a clean drill."""

    job: Job
    backup_id: str
    faults: Sequence[Fault]
    say: Say
    look: RunChecks
    checks: list[Check] = field(default_factory=list)
    clean: list[Check] = field(default_factory=list)
    _red_when_clean: set[str] = field(default_factory=set)

    def all(self) -> None:
        """Those of stored objects first; those that the scratch server does not survive last."""
        possible = [each for each in self.faults if self._possible(each)]
        stored = [each for each in possible if each.kind is Kind.STORE]
        copied = sorted((each for each in possible if each.kind is Kind.COPY), key=lambda each: each.last)
        header = catalog.header(self.job.platform.store, self.job.subject.name, self.backup_id)
        shelf = Shelf(self.job.platform, self.job, header, new_drill_id(datetime.now(UTC)), self.job.say)
        try:
            begun = time.monotonic()
            size = shelf.fill()
            self.say(
                f"Copied backup {self.backup_id} inside the store: {size / 1e6:,.1f} MB, "
                f"{duration(time.monotonic() - begun)}."
            )
            if stored:
                self._drill_copies(shelf, stored)
            if copied:
                self._check_copies(shelf, copied)
        except DataOpsError as error:
            self._not_reached(error)
        finally:
            shelf.mend()
            shelf.clear()

    def _not_reached(self, error: DataOpsError) -> None:
        """What the rehearsal stumbled over keeps the faults that were still to come from being known."""
        told = {line.name for line in self.checks}
        for fault in self.faults:
            if fault.title not in told:
                self._tell(not_put_in(fault, f"not reached: {error}", Verdict.INCONCLUSIVE))

    def _possible(self, fault: Fault) -> bool:
        """Whether it can occur with this method of backup; where not, that is its line."""
        if self.job.subject.method in fault.methods:
            return True
        self._tell(not_put_in(fault, fault.why_not, Verdict.NOT_APPLICABLE))
        return False

    # -- whole drills of a stored copy

    def _drill_copies(self, shelf: Shelf, faults: Sequence[Fault]) -> None:
        self._clean("clean drill", lambda: whole_drill(shelf))
        for fault in faults:
            self._one(fault, partial(_put_on, shelf, fault), partial(whole_drill, shelf))
            shelf.mend()

    # -- checks of restored copies

    def _check_copies(self, shelf: Shelf, faults: Sequence[Fault]) -> None:
        drill_id = new_drill_id(datetime.now(UTC))
        self.say("Restoring the copy once: each fault is put into a fresh copy of the restored database.")
        with restored(shelf.job, choose(shelf.job, self.backup_id), drill_id=drill_id) as server:
            stage = Stage(server, shelf.job, _database_of(server, shelf.job))
            stage.set_up()
            self._clean_copy(stage, "clean copy, as backed up")
            stage.furnish()
            for number, fault in enumerate(faults):
                if number % CLEAN_EVERY == 0:
                    self._clean_copy(stage, "clean copy")
                with stage.copy():
                    self._one(fault, partial(_put_into, stage, fault), partial(checks_of, stage, self.look))
            if stage.answers():
                self._clean_copy(stage, "clean copy")
        self._tell_clean(torn_down(shelf.job, drill_id))

    def _clean_copy(self, stage: Stage, name: str) -> None:
        with stage.copy():
            self._clean(name, lambda: checks_of(stage, self.look))

    # -- one line

    def _one(self, fault: Fault, put_in: Callable[[], str], drill: Callable[[], Look]) -> None:
        """The line of one fault. What breaks while it is put in proves nothing about the checks."""
        begun = time.monotonic()
        try:
            where = _put_in_or_say_why(put_in)
            found = drill()
        except NotThere as error:
            self._tell(not_put_in(fault, str(error), Verdict.NOT_APPLICABLE, time.monotonic() - begun))
        except NotInjectable as error:
            self._tell(_uninjected(fault, str(error), begun))
        else:
            self._tell(judged(fault, found, self._red_when_clean, time.monotonic() - begun, where))

    def _clean(self, name: str, drill: Callable[[], Look]) -> None:
        begun = time.monotonic()
        found = drill()
        number = sum(each.name.startswith(name) for each in self.clean) + 1
        line = clean_run(f"{name} {number}", found, time.monotonic() - begun)
        self._red_when_clean |= {each.name for each in found.red}
        self._tell_clean(line)

    def _tell_clean(self, line: Check) -> None:
        self.clean.append(line)
        word = "nothing red" if line.verdict is Verdict.PASSED else line.reason
        self.say(f"{line.name}: {word}, {duration(line.seconds)}")

    def _tell(self, line: Check) -> None:
        self.checks.append(line)
        self.say(f"{len(self.checks)}/{len(self.faults)} {line.name} … {_spoken(line)}")


def _spoken(line: Check) -> str:
    observed = line.observed
    seen = observed.get("seen by") if isinstance(observed, dict) else None
    by = f"seen by {', '.join(map(str, seen))}" if isinstance(seen, list) and seen else ""
    if line.verdict is Verdict.PASSED:
        return f"{by}, {duration(line.seconds)}" + (f" ({line.reason})" if line.reason else "")
    word = "MISSED" if line.verdict is Verdict.FAILED else str(line.verdict)
    return f"{word}: {line.reason}"


def _put_in_or_say_why(put_in: Callable[[], str]) -> str:
    """What was broken; ``NotInjectable`` too where the copy refused to be broken."""
    try:
        return put_in()
    except (NotThere, NotInjectable):
        raise
    except DataOpsError as error:
        raise NotInjectable(f"could not be put in: {error}") from error
    except Exception as error:
        log.exception("A fault could not be put in")
        raise NotInjectable(f"could not be put in: {type(error).__name__}, see the log") from error


def _uninjected(fault: Fault, why: str, begun: float) -> Check:
    return not_put_in(fault, why, Verdict.INCONCLUSIVE, time.monotonic() - begun)


def _put_on(shelf: Shelf, fault: Fault) -> str:
    assert not isinstance(fault.how, Sql)
    fault.how(shelf)
    return ""


def _put_into(stage: Stage, fault: Fault) -> str:
    if isinstance(fault.how, Sql):
        return stage.inject(fault.how)
    fault.how(stage)
    return ""


def _database_of(server: RestoredServer, job: Job) -> str:
    """The database that is copied and broken: of a server, the largest that its manifest knows."""
    if isinstance(job.subject, Database):
        return server.dbnames[0]
    told = {
        name: part.moment.database_bytes for name, part in server.expectations.items() if part is not None
    }
    known = [name for name in server.dbnames if name in told]
    common = {"postgres": -1, "template1": -2}
    return max(known or server.dbnames, key=lambda name: (common.get(name, 0), told.get(name, 0), name))
