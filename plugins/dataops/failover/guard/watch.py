"""The watch over one server: is a round open there, and does its coordinator live?"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dataops.errors import DataOpsError
from dataops.evidence import Published, publish
from dataops.evidence.record import Record
from dataops.evidence.steps import Say, broken
from dataops.evidence.verdict import Check, Verdict
from dataops.failover import journaling
from dataops.failover.guard import telling
from dataops.failover.guard.acting import Acting
from dataops.failover.guard.course import FENCED, Course, Decision, decide
from dataops.failover.guard.paging import Page, Pager
from dataops.failover.guard.reaching import Make, let_go
from dataops.failover.guard.recording import died, record_of
from dataops.failover.guard.writable import clear, with_room
from dataops.failover.journaling import DBNAME, Entry, Journal, JournalDamaged
from dataops.inventory import Server
from dataops.platform import Platform
from dataops.store import Held, LeaseHeld, ObjectStore, lease

log = logging.getLogger(__name__)

STORE_PATIENCE = 5.0
"""Seconds of trying the store before the guard says that it is blind."""
AGAIN = (2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds between attempts on a cluster that is not in order yet; the last one from then on."""
REMIND = 900.0
"""Seconds after which a person is told again of a cluster that is still not in order."""


@dataclass(frozen=True)
class Acted:
    """What the guard did about one round. ``settled``: the cluster is in order, and the round closed."""

    server: str
    course: Course
    settled: bool
    record: Record
    published: Published | None
    """None where nothing new is to be told since the attempt before."""


@dataclass
class Watch:
    """Looks at one server. Keeps in mind only what it told last: all that counts stands in the store.

    ``holder`` of its leases must be its own: no other watch may have the same.
    """

    platform: Platform
    server: Server
    make: Make
    pager: Pager
    say: Say
    holder: str
    patience: float
    open: Entry | None = None
    """The round that stood open when the store was seen last."""
    trouble: str = ""
    """Why the last look saw nothing; empty where it did."""
    _blind_since: float | None = None
    _attempts: int = 0
    _not_before: float = 0.0
    _told: str = ""
    _told_at: float = 0.0

    def look(self) -> Acted | None:
        """What was done, where anything was to do. Raises nothing that cluster or store can be blamed for."""
        try:
            entry = journaling.read(self._store, self.server.name)
        except JournalDamaged as error:
            self.trouble = str(error)
            self._tell_once("unreadable", telling.unreadable(self._place, str(error)))
            return None
        except DataOpsError as error:
            self._cannot_see(error)
            return None
        self._blind_since, self.trouble = None, ""
        if entry is None or not entry.is_open:
            self._forget()
            return None
        self._keep(entry)
        if time.monotonic() < self._not_before:
            return None
        return self._take_over(entry)

    @property
    def _store(self) -> ObjectStore:
        return self.platform.store.patient_for(STORE_PATIENCE)

    @property
    def _place(self) -> telling.Place:
        return telling.Place(self.server.name, self.platform.environment, self.server.owner)

    def _take_over(self, entry: Entry) -> Acted | None:
        name = journaling.lease_name(entry.round.system_identifier)
        try:
            # inherit: what we could not release, when the store went away, is ours still
            with lease(self._store, name, holder=self.holder, seconds=entry.lease, inherit=True) as held:
                return self._follow(held)
        except LeaseHeld:  # its coordinator lives, or another guard is at it
            self._tell_if_overdue(entry)
        except DataOpsError as error:  # somebody was faster, or the store went away: look again
            self.say(f"{self.server.name}: {error}")
            self._cannot_see(error)
        return None

    def _follow(self, held: Held) -> Acted | None:
        started = datetime.now(UTC)
        journal = Journal.take_over(self._store, self.server.name, held=held)
        if journal is None:
            return None
        before = _as_it_was(journal.entry, held.holder)
        self.say(
            f"{self.server.name}: the round of {before.round.scenario} led by {before.leader} is without a "
            f"coordinator, as {before.round.phase}"
        )
        decision, checks = self._act(journal, started)
        settled = not _red(checks) and self._closed(journal, decision, checks)
        acted = self._report(before, decision, checks, started, settled=settled)
        self._attempts = 0 if settled else self._attempts + 1
        self._not_before = 0.0 if settled else time.monotonic() + AGAIN[min(self._attempts, len(AGAIN)) - 1]
        return acted

    def _act(self, journal: Journal, started: datetime) -> tuple[Decision, list[Check]]:
        """What was decided and done. Whatever stops it is a red check: a guard must not die of its work."""
        decision = Decision(Course.HANDS_OFF, "the cluster could not be looked at")
        acting: Acting | None = None
        try:
            driver = self.make(self.server)
            try:
                acting = Acting(
                    driver,
                    journal.round,
                    self.say,
                    fenced=lambda node: _note(journal, node),
                    patience=self.patience,
                    prove=with_room,
                )
                seen = driver.observe()
                decision = decide(journal.round, seen, automatic=driver.automatic)
                after = acting.carry_out(decision, seen)
                if decision.course is Course.HEAL and not _red(acting.checks):
                    (primary,) = after.primaries
                    acting.checks.append(clear(driver, primary.name, journal.round.facts.get(DBNAME)))
            finally:
                let_go(driver)
        except Exception as error:
            if not isinstance(error, DataOpsError):
                log.exception("The guard could not go on with %s", self.server.name)
            self.say(f"{self.server.name}: {type(error).__name__}: the guard could not go on")
            return decision, [*(acting.checks if acting else ()), *broken("act", started, error).checks]
        return decision, acting.checks

    def _closed(self, journal: Journal, decision: Decision, checks: list[Check]) -> bool:
        try:
            journal.close(facts={"ended by": f"{journal.round.holder}: {decision.course}"})
        except DataOpsError as error:
            checks.append(Check(name="journal closed", verdict=Verdict.FAILED, reason=str(error)))
            return False
        return True

    def _report(
        self, before: Entry, decision: Decision, checks: list[Check], started: datetime, *, settled: bool
    ) -> Acted:
        """Page first, since the evidence says whether that went well; both only where there is news."""
        checks = [died(before, started), *checks]
        news = f"{before.round.run} {decision.course} {settled} {[each.name for each in _red(checks)]}"
        fresh = news != self._told or time.monotonic() - self._told_at > REMIND
        if fresh:
            checks.append(self.pager.deliver(telling.acted(self._place, before, decision, checks[1:])))
            self._told, self._told_at = news, time.monotonic()
        record = record_of(
            self.server, self.platform.environment, before, decision, checks, started, datetime.now(UTC)
        )
        published = publish(self._store, record) if fresh else None
        if published is not None:
            self.say(f"{self.server.name}: {record.reason} Evidence: {published.key}")
        if checks[-1].name == "paged" and checks[-1].verdict is not Verdict.PASSED:
            self._told = ""  # try again to tell somebody
        return Acted(self.server.name, decision.course, settled, record, published)

    def _keep(self, entry: Entry) -> None:
        if self.open is None or self.open.round.run != entry.round.run:
            self._forget()
        self.open = entry

    def _forget(self) -> None:
        self.open = None
        self._attempts, self._not_before, self._told = 0, 0.0, ""

    def _cannot_see(self, error: DataOpsError) -> None:
        """Say so, and page where a round was open for longer than its coordinator may be silent."""
        now, self.trouble = time.monotonic(), str(error)
        if self._blind_since is None:
            self._blind_since = now
            self.say(f"{self.server.name}: {error}")
        if self.open is not None and now - self._blind_since > self.open.lease:
            self._tell_once("blind", telling.blind(self._place, self.open, str(error)))

    def _tell_if_overdue(self, entry: Entry) -> None:
        if datetime.now(UTC) > entry.overdue:
            self._tell_once(f"overdue {entry.round.run}", telling.overdue(self._place, entry))

    def _tell_once(self, news: str, page: Page) -> None:
        if self._told == news and time.monotonic() - self._told_at < REMIND:
            return
        if self.pager.deliver(page).verdict is Verdict.PASSED:
            self._told, self._told_at = news, time.monotonic()


def _as_it_was(entry: Entry, holder: str) -> Entry:
    """The journal before we took it over, whatever its coordinator wrote in the last moment included."""
    earlier = tuple(each for each in entry.trail if each.holder != holder)
    led = earlier[-1].holder if earlier else entry.leader
    return replace(entry, round=replace(entry.round, holder=led), trail=earlier)


def _note(journal: Journal, node: str) -> None:
    """That the guard fenced the node: from then on only a person makes it primary."""
    journal.note(facts={FENCED: node})


def _red(checks: list[Check]) -> list[Check]:
    return [each for each in checks if each.verdict not in {Verdict.PASSED, Verdict.NOT_APPLICABLE}]
