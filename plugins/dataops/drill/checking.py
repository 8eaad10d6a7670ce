"""All checks of a drill, side by side: each leaves a line, whatever becomes of it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from dataops.backup.steps import Job
from dataops.drill.checks import coverage
from dataops.drill.checks.finding import Declared, Finding, inconclusive, not_applicable
from dataops.drill.checks.looking import Clock, Look, Sessions, Shared, is_back, is_damage, lost, reason_of
from dataops.drill.checks.observing import observe
from dataops.drill.checks.registry import Item, Registered, When, registered
from dataops.drill.checks.rows import RowCheck
from dataops.drill.checks.work import Crew, Piece
from dataops.drill.restored import RestoredDatabase, RestoredServer
from dataops.errors import DataOpsError
from dataops.evidence.verdict import Check, Verdict

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckOutcome:
    """Every check's line in the order of the registry, and what of each table was seen and when."""

    checks: tuple[Check, ...]
    coverage: Mapping[str, JsonValue]


def run_checks(server: RestoredServer, job: Job) -> CheckOutcome:
    """Run every registered check on a restored server; never raises for what a check meets.

    A check that could not run, ran out of time or lost its server is inconclusive. ``settings.jobs``
    connections work at once. Says one line a check.
    """
    run = _Run(server, job)
    for when in ("first", "before", "beside", "last"):
        run.stage(when)
    return run.outcome()


@dataclass
class _Line:
    """One check of the registry on one database or on the server, and the lines that it will leave."""

    one: Registered
    restored: RestoredDatabase | None
    clock: Clock
    shared: Shared
    findings: list[Finding] | None = None
    rows: RowCheck | None = None
    seconds: float = 0.0


@dataclass
class _Run:
    server: RestoredServer
    job: Job
    lines: list[_Line] = field(default_factory=list)
    died: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _revival: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        limit = self.server.settings.check_timeout.total_seconds()
        databases = {each.dbname: (each, Shared()) for each in self.server.databases}
        self.databases = databases
        self.rotation = coverage.Rotation.begin(self.server, self.job)
        for one in registered():
            places = [(None, Shared())] if one.scope == "server" else list(databases.values())
            for restored, shared in places:
                self.lines.append(_Line(one, restored, Clock(limit), shared))

    # -- stages

    def stage(self, when: When) -> None:
        """Run the checks of one stage, with what they need before them."""
        if when == "before":
            self._observe()
        crew = Crew(self.server.connection, self.server.settings.jobs)
        for line in self.lines:
            if line.one.when != when:
                continue
            if self.server.method not in line.one.methods:
                self._settle(line, [not_applicable(line.one.elsewhere or self._only_after(line.one))])
            else:
                crew.add([self._piece(line, crew)])
        crew.finish()

    def _observe(self) -> None:
        """Definitions of every database, before a check changes anything there."""
        crew = Crew(self.server.connection, self.server.settings.jobs)
        for restored, shared in self.databases.values():
            clock = Clock(self.server.settings.check_timeout.total_seconds())

            def run(
                sessions: Sessions, restored: RestoredDatabase = restored, shared: Shared = shared
            ) -> None:
                try:
                    shared.observed = observe(restored, self.job)
                except Exception as error:  # ruff: ignore[blind-except] every check of it says why
                    shared.unseen = f"the definitions could not be read: {reason_of(error)}"
                    self._note_loss(error)

            def give_up(why: str, shared: Shared = shared) -> None:
                shared.unseen = f"the definitions could not be read: {why}"

            size = restored.expected.moment.database_bytes if restored.expected else 0
            crew.add([Piece(run, give_up, clock, size)])
        crew.finish()

    def _only_after(self, one: Registered) -> str:
        return f"means something only after a {' or '.join(one.methods)} restore"

    # -- one check

    def _piece(self, line: _Line, crew: Crew) -> Piece:
        """A whole check, or for a check of rows the listing of its relations, which adds their pieces."""

        def run(sessions: Sessions) -> None:
            begun = time.monotonic()
            look = self._look(line, sessions)
            found = self._guarded(line, look, crew)
            self._spend(line, begun)
            if found is not None:
                self._settle(line, found)

        def give_up(why: str) -> None:
            self._settle(line, [_unfinished(why)])

        return Piece(run, give_up, line.clock, weight=1 << 62)

    def _run_whole(self, line: _Line, look: Look, crew: Crew) -> list[Finding] | None:
        """The findings; None where a check of rows still has relations to look at."""
        if line.one.look is not None:
            found = line.one.look(look)
            return [found] if isinstance(found, Finding) else self._gathered(line, look, found)
        assert line.one.items is not None
        items = line.one.items(look)
        line.rows = RowCheck(line.one, items, look, self.rotation)
        pieces = [self._piece_of(line, item) for item in line.rows.to_do]
        if not pieces:
            return line.rows.findings()
        crew.add(pieces)
        return None

    def _gathered(self, line: _Line, look: Look, found: Iterable[Finding]) -> list[Finding]:
        """All findings of a check that yields them one by one; what it breaks on is one more."""
        gathered: list[Finding] = []
        try:
            for each in found:
                gathered.append(each)
        except Exception as error:  # ruff: ignore[blind-except] what it found before stands
            gathered += self._unable(line, look, error)
        return gathered or [inconclusive("the check said nothing")]

    def _piece_of(self, line: _Line, item: Item) -> Piece:
        rows = line.rows
        assert rows is not None

        def run(sessions: Sessions) -> None:
            begun = time.monotonic()
            if self.died:
                rows.could_not(item, self.died)
            elif line.clock.left <= 0:
                rows.could_not(item, self._too_long(line).reason)
            else:
                look = self._look(line, sessions)
                look.patience = self.rotation.patience if line.one.budgeted else None
                try:
                    rows.look_at(look, item)
                except Exception as error:  # ruff: ignore[blind-except] the others still run
                    self._note_loss(error)
                    self._answer(line, rows, item, look, error)
            self._spend(line, begun)
            done()

        def give_up(why: str) -> None:
            rows.could_not(item, _unfinished(why).reason)
            done()

        def done() -> None:
            if rows.finished:
                self._settle(line, rows.findings())

        return Piece(run, give_up, line.clock, item.size if item.rank is None else item.rank)

    def _answer(self, line: _Line, rows: RowCheck, item: Item, look: Look, error: Exception) -> None:
        """What an error says of a relation: damage is damage, however late it was met."""
        if is_damage(error):
            rows.failed_to_look(item, error)
        elif look.out_of_turn:
            rows.skip(item)
        elif look.left <= 0:
            rows.could_not(item, self._too_long(line).reason)
        else:
            rows.failed_to_look(item, error)

    def _guarded(self, line: _Line, look: Look, crew: Crew) -> list[Finding] | None:
        if self.died:
            return [inconclusive(self.died)]
        try:
            return self._run_whole(line, look, crew)
        except Exception as error:  # ruff: ignore[blind-except] the others still run
            return self._unable(line, look, error)

    def _unable(self, line: _Line, look: Look, error: Exception) -> list[Finding]:
        import psycopg2

        if isinstance(error, Declared):
            return [not_applicable(str(error))]
        self._note_loss(error)
        if look.left <= 0:
            return [self._too_long(line)]
        if not isinstance(error, DataOpsError | psycopg2.Error):
            log.error("The check %s broke", line.one.name, exc_info=error)
        return [inconclusive(f"could not run: {reason_of(error)}")]

    def _note_loss(self, error: BaseException) -> None:
        """Where the session was lost: is the server still there? If not, nothing else will be asked."""
        if not lost(error):
            return
        with self._revival:
            dbname = self.server.dbnames[0] if self.server.dbnames else "postgres"
            if not self.died and not is_back(self.server.connection, dbname):
                self.died = "could not run: the scratch server died"
                self.job.say("The scratch server does not answer any more: what is left is inconclusive.")

    def _too_long(self, line: _Line) -> Finding:
        return _unfinished(f"it took longer than {line.clock.limit:g} s")

    def _look(self, line: _Line, sessions: Sessions) -> Look:
        return Look(self.server, line.restored, self.job, line.clock, line.shared, sessions)

    def _spend(self, line: _Line, begun: float) -> None:
        seconds = time.monotonic() - begun
        line.clock.add(seconds)
        with self._lock:
            line.seconds += seconds

    # -- lines

    def _settle(self, line: _Line, findings: Iterable[Finding]) -> None:
        with self._lock:
            if line.findings is not None:
                return
            line.findings = list(findings)
        for each in self._checks(line):
            self.job.say(_spoken(each))

    def _checks(self, line: _Line) -> list[Check]:
        findings = line.findings
        if findings is None:
            findings = [inconclusive("could not run: it was never reached")]
        return [
            Check(
                name=self._name(line, each),
                verdict=each.verdict,
                expected=line.one.expected if each.expected is None else each.expected,
                observed=each.observed,
                seconds=round(line.seconds / len(findings), 3),
                reason=each.reason,
                parts=each.parts,
            )
            for each in findings
        ]

    def _name(self, line: _Line, finding: Finding) -> str:
        place = f"{line.restored.dbname}: " if line.restored and self.server.method == "physical" else ""
        return f"{place}{line.one.name}{f': {finding.about}' if finding.about else ''}"

    def outcome(self) -> CheckOutcome:
        """What all checks left, and what is covered."""
        seen = self.rotation.coverage({name: shared for name, (_, shared) in self.databases.items()})
        checks = [check for line in self.lines for check in self._checks(line)]
        return CheckOutcome((*checks, *self.rotation.checks()), seen)


def _unfinished(why: str) -> Finding:
    return inconclusive(f"could not run to its end: {why}")


def _spoken(check: Check) -> str:
    mark = check.verdict.value
    why = f": {check.reason}" if check.reason and check.verdict is not Verdict.PASSED else ""
    seen = (
        f" ({check.observed})" if isinstance(check.observed, str) and check.verdict is Verdict.PASSED else ""
    )
    return f"{mark} · {check.name}{seen}{why} · {check.seconds:.1f} s"
