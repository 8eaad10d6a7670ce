"""All that a night's report knows of its database: samples, window, baselines, earlier nights, findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dataops.errors import DataOpsError, InconclusiveError
from dataops.evidence.verdict import Check, Verdict
from dataops.performance import baselines, history
from dataops.performance.finding import Finding
from dataops.performance.findings import RULES, Judgement, judge
from dataops.performance.job import ReportJob
from dataops.performance.logs.collecting import collect
from dataops.performance.logs.section import section
from dataops.performance.night import Night
from dataops.performance.report import archive
from dataops.performance.report.document import Looked, Unseen
from dataops.performance.samples import database_scope, span, take_sample
from dataops.performance.samples.keeping import SERVER, newest_before
from dataops.performance.window import Quality, Section, SectionName, Window
from dataops.performance.windowing import window

ROUND = timedelta(minutes=5)
"""The longest that one round of samples takes."""


class NoSamples(InconclusiveError):
    """There is nothing to make a report from."""


@dataclass(frozen=True)
class Look:
    """What was measured and found. ``checks`` are those of sampling."""

    window: Window
    findings: tuple[Finding, ...]
    nights: tuple[Night, ...]
    looked: tuple[Looked, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    checks: tuple[Check, ...] = ()


def look(job: ReportJob) -> Look:
    """Sample once more, make the window and those that it is compared with, and judge.

    Raises ``NoSamples`` where none lie in the window.
    """
    checks: list[Check] = []
    if job.fresh:
        checks, moment = _sampled(job)
        job = replace(job, until=moment)
    tonight = window_of(job)
    job.say(
        f"Window from {tonight.since:%F %H:%M} to {tonight.until:%F %H:%M} UTC: {tonight.samples} samples"
    )
    compared = _baselines(job, tonight)
    before = tuple(archive.nights_before(job.platform.store, job.database, before=tonight.until))
    job.say(f"Compared with {len(compared)} earlier windows and {len(before)} earlier nights")
    judgement = judge(tonight, compared, job.wanted.thresholds, history.open_since(before))
    findings = history.judged(
        judgement,
        before,
        job.wanted.acknowledged,
        today=job.until.date(),
        tonight=tonight,
        earlier=compared,
        owner=job.subject.owner or "",
    )
    return Look(
        window=tonight,
        findings=tuple(findings),
        nights=before,
        looked=_looked(judgement),
        unseen=tuple(Unseen(code=gap.code, title=gap.title, why=gap.reason) for gap in judgement.gaps),
        checks=(*checks, every_rule_ran(judgement)),
    )


def every_rule_ran(judgement: Judgement) -> Check:
    """A rule that broke leaves the night open: nobody has declared that it need not look."""
    broke = [gap for gap in judgement.gaps if gap.broke]
    return Check(
        name="rules",
        verdict=Verdict.INCONCLUSIVE if broke else Verdict.PASSED,
        expected="every rule runs to its end",
        observed=f"{len(broke)} broke" if broke else "all did",
        reason=f"{broke[0].code}: {broke[0].reason}" if broke else "",
    )


def window_of(job: ReportJob) -> Window:
    """The window, which begins with the first sample where none is older; with the server's log.

    Raises ``NoSamples``.
    """
    store, server = job.platform.store, job.server.name
    known = span(store, server, database_scope(job.database))
    if known is None or known[0] >= job.until:
        raise NoSamples(
            f"There is no sample of {job.database} before {job.until:%F %H:%M} UTC. The DAG "
            f"performance_samples takes them, or `dataops report sample {server}`."
        )
    # A round samples the server first, and then its databases: the first round belongs to the window.
    round_ = newest_before(store, server, SERVER, known[0], within=ROUND)
    first = round_.taken if round_ else known[0]
    since = max(job.since, first)
    made = _read(job, since, job.until)
    if since > job.since:
        begin = f"{first.astimezone(UTC):%F %H:%M} UTC"
        note = f"Samples of this database begin at {begin}, and so does the window."
        made = replace(made, notes=(*made.notes, note))
    return made


def _read(job: ReportJob, since: datetime, until: datetime) -> Window:
    store, server, subject = job.platform.store, job.server.name, job.subject
    made = window(
        store, server=server, database=job.database, dbname=subject.dbname, since=since, until=until
    )
    try:
        logs = section(store, server, subject.dbname, since, until)
    except DataOpsError as error:
        logs = Section(quality=Quality(covered=0.0, missing=str(error)))
    return replace(made, sections={**made.sections, SectionName.LOGS: logs})


def _sampled(job: ReportJob) -> tuple[list[Check], datetime]:
    """A whole sample, which ends the window, and what the log says; where either fails, there is what was."""
    server = job.server
    checks, moment = [], datetime.now(UTC)
    if server.samples.enabled:
        taken = take_sample(job.platform, server.name, whole=True, say=job.say)
        moment = max((each.header.taken for each in taken.samples), default=moment)
        scopes = (SERVER, database_scope(job.database))
        reasons = [taken.failed[scope] for scope in scopes if scope in taken.failed]
        checks.append(
            Check(
                name="sampled",
                verdict=Verdict.INCONCLUSIVE if reasons else Verdict.PASSED,
                expected="a whole sample at the end of the window",
                observed=f"{len(taken.kept)} scopes in {taken.seconds:.1f} s",
                reason=" ".join(reasons),
            )
        )
    try:
        collect(job.platform, server.name, job.say)
    except DataOpsError as error:
        # The section of the log says so itself: it is not measurable then.
        job.say(f"The log of {server.name} was not read: {error}")
    return checks, moment


def _baselines(job: ReportJob, tonight: Window) -> list[Window]:
    """The earlier windows that tonight's is compared with, newest first, without those nobody sampled."""
    found = []
    known = span(job.platform.store, job.server.name, database_scope(job.database))
    for since, until in baselines.days(tonight.since, tonight.until):
        if known is None or until <= known[0]:
            continue
        made = archive.kept_window(job.platform.store, job.database, since, until)
        made = made or _without_series(_read(job, since, until))
        if _is_usable(made):
            found.append(made)
    return found


def _without_series(made: Window) -> Window:
    """What is kept of a baseline while others are read: its totals."""
    sections = {
        name: Section(totals=section.totals, quality=section.quality)
        for name, section in made.sections.items()
    }
    return replace(made, sections=sections)


def _is_usable(made: Window) -> bool:
    names = (SectionName.STATEMENTS, SectionName.TABLES)
    return made.samples > 1 and any(made.section(name).quality.measurable for name in names)


def _looked(judgement: Judgement) -> tuple[Looked, ...]:
    """The rules that could look at everything and found nothing."""
    telling: Sequence[str] = [finding.code for finding in judgement.findings]
    return tuple(
        Looked(code=rule.code, says=rule.title)
        for rule in RULES
        if rule.code not in judgement.blind and rule.code not in telling
    )
