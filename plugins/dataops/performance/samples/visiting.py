"""One visit to a server as a step of a run: sample it, and forget what is old."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from dataops.evidence.checking import Seen, checked
from dataops.evidence.record import Record
from dataops.evidence.recording import lineage_of, record_of_steps
from dataops.evidence.steps import Say, StepReport, broken, unfinished
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict
from dataops.inventory import Server
from dataops.performance.samples import keeping
from dataops.performance.samples.taking import Taken, take_sample
from dataops.platform import Platform

CAPABILITY = "performance_samples"
STEP = "sample"
RUNBOOK = "docs/samples.md says what a sample is, what it costs and which rights it needs."


def visit(platform: Platform, server: str, *, whole: bool | None = None, say: Say) -> StepReport:
    """Samples of the server and its databases, kept; those that are too old, removed.

    A scope that could not be sampled is inconclusive: nobody can say later what happened there. A question
    that has no answer (an extension that is missing, say) is told and is not red here: reports say of each
    section whether it is measurable.
    """
    started = datetime.now(UTC)
    taken = take_sample(platform, server, whole=whole, say=say)
    checks = [_sampled(server, scope, taken) for scope in _scopes(taken)]
    checks.append(
        checked(f"{server}: old samples are removed", "removed", lambda: _expired(platform, server, say))
    )
    return StepReport(
        step=STEP,
        started=started,
        finished=datetime.now(UTC),
        checks=tuple(checks),
        figures=(
            Figure(name=f"sampling {server}", value=round(taken.seconds, 3), unit="seconds"),
            Figure(name=f"samples of {server}", value=sum(each.size for each in taken.kept), unit="bytes"),
        ),
        artifacts=tuple(Artifact(key=each.key, size=each.size, sha256=each.sha256) for each in taken.kept),
        data={"server": server},
    )


def record_of(
    platform: Platform,
    servers: Iterable[str],
    reports: Mapping[str, StepReport],
    *,
    lineage: Mapping[str, str] | None = None,
) -> Record:
    """The record of a round over servers; one that left no report was killed or lost: inconclusive."""
    told = [reports.get(server) or _lost(server) for server in servers]
    return record_of_steps(
        CAPABILITY,
        platform.environment,
        told,
        environment=platform.environment,
        steps=(),
        artifacts=(),
        lineage=lineage_of(lineage),
        runbook=RUNBOOK,
    )


def stopped(server: str, started: datetime, error: Exception) -> StepReport:
    """The report of a visit that an error ended."""
    return _of_server(server, broken(STEP, started, error))


def _lost(server: str) -> StepReport:
    return _of_server(server, unfinished(STEP, after=None))


def _of_server(server: str, report: StepReport) -> StepReport:
    named = tuple(check.model_copy(update={"name": f"{server}: {check.name}"}) for check in report.checks)
    return report.model_copy(update={"checks": named, "data": {"server": server}})


def _scopes(taken: Taken) -> list[str]:
    return sorted({*(sample.header.scope for sample in taken.samples), *taken.failed}, key=_server_first)


def _server_first(scope: str) -> tuple[bool, str]:
    return scope != keeping.SERVER, scope


def _sampled(server: str, scope: str, taken: Taken) -> Check:
    name = f"{server}: {scope} is sampled"
    if scope in taken.failed:
        why = taken.failed[scope]
        return Check(
            name=name, verdict=Verdict.INCONCLUSIVE, expected="a sample", reason=f"could not run: {why}"
        )
    sample = next(each for each in taken.samples if each.header.scope == scope)
    header = sample.header
    if not sample.rows:
        why = next(iter(header.missing.values()), "nothing was asked")
        return Check(name=name, verdict=Verdict.INCONCLUSIVE, expected="a sample", reason=f"empty: {why}")
    without = [f"{question}: {why}" for question, why in sorted(header.missing.items())]
    return Check(
        name=name,
        verdict=Verdict.PASSED,
        expected="a sample",
        observed=["a sample without:", *without] if without else "a sample",
        seconds=round(header.seconds, 3),
    )


def _expired(platform: Platform, server: str, say: Say) -> Seen:
    """Once a day is enough, and the first sample of a day does it."""
    declared = platform.inventory.subject(server)
    assert isinstance(declared, Server)
    now = datetime.now(UTC)
    if not _first_of_the_day(platform, server, now):
        return Seen(True, "done earlier today")
    # Of what is in the store, not in the inventory: a database that was retired is forgotten too.
    removed = sum(
        keeping.expire(platform.store, server, scope, now, declared.samples.keep)
        for scope in keeping.scopes_of(platform.store, server)
    )
    if removed:
        say(f"{removed} samples older than {declared.samples.keep.days} days are removed")
    return Seen(True, f"{removed} removed")


def _first_of_the_day(platform: Platform, server: str, now: datetime) -> bool:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = keeping.kept(platform.store, server, keeping.SERVER, since=midnight, until=now)
    return sum(1 for _ in today) <= 1
