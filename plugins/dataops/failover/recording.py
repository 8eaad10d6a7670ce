"""The evidence of a failover test: what its steps left, the charts of its legs, and where it is heading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue, ValidationError

from dataops.errors import DataOpsError
from dataops.evidence.picture import Picture
from dataops.evidence.record import Objectives, Record, Step
from dataops.evidence.recording import data_of, lineage_of, record_of_steps
from dataops.evidence.steps import StepReport, steps_of
from dataops.evidence.verdict import Verdict
from dataops.failover.job import Job
from dataops.failover.trend import Earlier, trend_of
from dataops.store import ObjectStore

CAPABILITY = "failover_test"
RUNBOOK = "docs/failover-evidence.md says what each check means, and what to do where it is red."
_KEPT = ("run", "history", "summary", "worst", "plan", "lost", "readiness debts")


def record_of(job: Job, reports: Sequence[StepReport], *, lineage: Mapping[str, str] | None = None) -> Record:
    """The record of a test from what its steps reported, the verdict being that of all their checks."""
    figures = (figure for report in reports for figure in report.figures)
    data = data_of(reports)
    promise = job.scenario.objectives
    details = {name: data[name] for name in (*_KEPT, *_others(data)) if data.get(name)}
    rto = next((each.value for each in figures if each.name == "rto"), None)
    trend = _trend(job, rto)
    if trend:
        details["trend"] = trend
    return record_of_steps(
        CAPABILITY,
        job.name,
        reports,
        environment=job.platform.environment,
        owner=job.owner,
        objectives=Objectives(
            rto_seconds=promise.rto.total_seconds(),
            rpo_seconds=promise.rpo.total_seconds() if promise.rpo else 0.0,
        ),
        steps=_steps(reports),
        pictures=tuple(_pictures(job.platform.store, data.get("charts"))),
        lineage=lineage_of(
            lineage,
            plan_hash=str(data.get("hash") or ""),
            backup_id=str(data.get("backup_id") or ""),
            git_commit=job.git_commit,
        ),
        details=details,
        runbook=RUNBOOK,
    )


def _steps(reports: Sequence[StepReport]) -> tuple[Step, ...]:
    """The parts of a round in place of the one step that they were."""
    found: list[Step] = []
    for report in reports:
        parts = report.data.get("parts")
        if isinstance(parts, list) and parts:
            found += [Step.model_validate(each) for each in parts]
        else:
            found += steps_of([report])
    return tuple(found)


def _pictures(store: ObjectStore, keys: JsonValue) -> Iterable[Picture]:
    """What was drawn of the legs; evidence goes without where the store does not give it."""
    for key in keys if isinstance(keys, list) else ():
        try:
            yield Picture.model_validate_json(store.get(str(key)))
        except (DataOpsError, ValidationError):
            continue


def _trend(job: Job, rto: float | None) -> str:
    """Where the time without service is heading, in a sentence; empty where there is nothing to compare."""
    from dataops.evidence import chain

    try:
        links = chain.newest(job.platform.store, CAPABILITY, job.name)
        earlier = [each for each in (_earlier(job.platform.store, link) for link in _first(links)) if each]
    except (DataOpsError, ValueError):
        return ""
    return trend_of(rto, earlier, promised=job.scenario.objectives.rto.total_seconds())


def _first(links: Iterable[Any], count: int = 20) -> Iterable[Any]:
    for number, link in enumerate(links):
        if number >= count:
            return
        yield link


def _earlier(store: ObjectStore, link: Any) -> Earlier | None:
    if link.verdict is not Verdict.PASSED:
        return None
    try:
        record = Record.model_validate_json(store.get(link.key))
    except (DataOpsError, ValidationError):
        return None
    rto = next((each.value for each in record.figures if each.name == "rto"), None)
    return None if rto is None else Earlier(record.started, rto)


def _others(data: Mapping[str, JsonValue]) -> list[str]:
    return [name for name in data if name.startswith("old data of ")]
