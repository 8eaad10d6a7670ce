"""The nightly look at a cluster: what is not as declared and why, and how well the cluster is.

It only reads, but with ``revert``: then the safe part of the plan is applied, under the lease of the cluster.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue, TypeAdapter

from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.record import Record
from dataops.evidence.steps import StepReport, broken
from dataops.evidence.verdict import Artifact, Check, Figure, Part, Verdict, overall, reason
from dataops.kafka import remembering, run
from dataops.kafka.changes import Cause, Finding
from dataops.kafka.drifting import NOTICES, Drift
from dataops.kafka.health import health
from dataops.kafka.job import Job
from dataops.kafka.looking import View, look, session_of
from dataops.kafka.recording import lineage_of, owner_of, programs
from dataops.kafka.remembering import DRIFT
from dataops.kafka.render import drift_summary, drift_text

log = logging.getLogger(__name__)

UNTOLD = frozenset({Cause.HIDDEN_TOPIC, Cause.UNSUPPORTED})
"""Causes that say that nobody can tell: inconclusive, not failed."""

SHOWN = 500
"""Findings that the record holds; the memory beside it knows all."""


@dataclass(frozen=True)
class Looked:
    """The record of one look, all differences in lines for people, and what kept us from looking."""

    record: Record
    told: str = ""
    error: Exception | None = None

    @property
    def exit_code(self) -> int:
        """2 for wrong files, connections or rights, else that of the verdict."""
        wrong = isinstance(self.error, ConfigurationError)
        return ConfigurationError.exit_code if wrong else self.record.verdict.exit_code


def check_drift(job: Job, *, revert: bool = False, lineage: Mapping[str, str] | None = None) -> Looked:
    """One look, on record whatever kept us from looking: that is red too."""
    started = datetime.now(UTC)
    try:
        checks, view, figures, artifacts = _look(job, revert=revert)
    except Exception as error:  # whatever broke the look is on record too
        if not isinstance(error, DataOpsError):
            log.exception("The look at %s broke", job.cluster)
        return Looked(
            _record(job, started, broken("look", started, error).checks, lineage=lineage), error=error
        )
    job.say(drift_summary(view.drift))
    details = _details(view.drift)
    record = _record(job, started, checks, figures, artifacts, details=details, lineage=lineage)
    return Looked(record, drift_text(view.drift, now=view.observed.at))


def _look(
    job: Job, *, revert: bool
) -> tuple[tuple[Check, ...], View, tuple[Figure, ...], tuple[Artifact, ...]]:
    store = job.platform.store
    reverted: StepReport | None = None
    with session_of(job) as session:
        view = look(session, job, remembering.recall(store, job.cluster), all_stakes=True)
    if revert and view.plan.safe.changes:
        reverted = run.apply(job, "safe", view.plan.safe.hash)
        with session_of(job) as session:
            view = look(session, job, view.memory, all_stakes=True)
    kept = remembering.keep(store, job.cluster, view.to_remember())
    found = view.drift
    figures = (
        Figure(name="topics declared", value=len(view.desired.topics), unit="count"),
        Figure(name="topics on the cluster", value=len(view.observed.topics), unit="count"),
        Figure(name="differences", value=len(found.differences), unit="count"),
        Figure(name="new findings", value=len(found.new), unit="count"),
        Figure(name="resolved findings", value=len(found.resolved), unit="count"),
    )
    checks = (
        *(reverted.checks if reverted else ()),
        as_declared(found),
        *health(view.observed, view.desired.cluster, view.desired.topics),
    )
    return checks, view, figures, (kept,)


def as_declared(found: Drift) -> Check:
    """All that is not as declared, as one check with a part for each difference."""
    parts = tuple(
        Part(
            name=f"{each.cause}: {each.resource} {each.field}",
            verdict=Verdict.INCONCLUSIVE if each.cause in UNTOLD else Verdict.FAILED,
            expected=each.declared,
            observed=each.observed,
            reason=f"{each.message} {each.advice}",
        )
        for each in found.differences
    )
    verdicts = {each.verdict for each in parts}
    worst = next(
        (each for each in (Verdict.FAILED, Verdict.INCONCLUSIVE) if each in verdicts), Verdict.PASSED
    )
    first = next((each for each in parts if each.verdict is worst), None)
    return Check(
        name="as declared",
        verdict=worst,
        expected="nothing differs from the files",
        observed=drift_summary(found),
        reason=f"{first.name}: {first.reason}" if first else "",
        parts=parts[:SHOWN],
    )


def _details(found: Drift) -> dict[str, JsonValue]:
    """New ones first; each says since when."""
    ordered = sorted(found.findings, key=lambda each: (each.cause in NOTICES, each.key not in found.new))
    told: list[dict[str, JsonValue]] = json.loads(TypeAdapter(list[Finding]).dump_json(ordered[:SHOWN]))
    for finding, each in zip(ordered, told, strict=False):
        each["new"] = finding.key in found.new
    return {"findings": [*told], "resolved": [*sorted(found.resolved)[:SHOWN]]}


def _record(
    job: Job,
    started: datetime,
    checks: tuple[Check, ...],
    figures: tuple[Figure, ...] = (),
    artifacts: tuple[Artifact, ...] = (),
    *,
    details: Mapping[str, JsonValue] | None = None,
    lineage: Mapping[str, str] | None = None,
) -> Record:
    return Record(
        capability=DRIFT,
        subject=job.cluster,
        environment=job.platform.environment,
        owner=owner_of(job),
        verdict=overall(checks),
        reason=reason(checks),
        started=started,
        finished=datetime.now(UTC),
        checks=checks,
        figures=figures,
        artifacts=artifacts,
        lineage=lineage_of(job, lineage or {}),
        programs=programs(),
        details=dict(details or {}),
        runbook="docs/kafka.md says what each cause means and what to do.",
    )
