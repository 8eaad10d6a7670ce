"""The steps of a run that provisions a cluster, for DAG and command line alike.

``check`` reads the files, ``plan`` the cluster; neither changes anything. ``apply`` carries out one part of a
plan under the lease of the cluster: it plans again, and refuses where the outcome is not the plan that was
named; it asks the cluster whether it would take the changes, makes them, and reads them back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

from dataops.errors import DataOpsError
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Artifact, Check, Figure, Verdict
from dataops.evidence.verdict import Part as CheckPart
from dataops.kafka import plans, remembering
from dataops.kafka.applying.apply import Work, lease_name
from dataops.kafka.applying.apply import apply as carry_out
from dataops.kafka.applying.journal import read_unfinished
from dataops.kafka.applying.outcome import Outcome, Report
from dataops.kafka.applying.preflight import preflight
from dataops.kafka.changes import Change, Part, Plan
from dataops.kafka.cluster.connecting import Session
from dataops.kafka.job import Job, StalePlan
from dataops.kafka.looking import View, look, session_of
from dataops.kafka.memory import Memory
from dataops.kafka.render.wording import line, summary
from dataops.store import lease

Which = Literal["safe", "gated"]
"""The two parts of a plan."""

STEPS = ("check", "plan", "apply", "approve", "apply_approved")
"""In this order. ``approve`` is a person's; see ``dataops.evidence.approving``."""

LEASE_SECONDS = 60
SHOWN = 100
"""Parts of a check that are shown one by one."""


def check(job: Job) -> StepReport:
    """All that is wrong with the files, as one check. Needs no broker."""
    from dataops.kafka.files import loading

    started = datetime.now(UTC)
    found = loading.check(job.include, job.cluster)
    for warning in found.warnings:
        job.say(f"warning: {warning}")
    for problem in found.problems:
        job.say(str(problem))
    parts = [
        CheckPart(name=f"{each.path}:{each.line}", verdict=Verdict.FAILED, reason=each.text)
        for each in found.problems
    ]
    topics = len(found.desired.topics) if found.desired else 0
    files = Check(
        name="files",
        verdict=Verdict.FAILED if parts else Verdict.PASSED,
        expected="no mistake in any file",
        observed=f"{len(parts)} mistakes" if parts else f"{topics} topics declared",
        reason=str(found.problems[0]) if parts else "",
        parts=tuple(parts[:SHOWN]),
    )
    declared = job.desired if not parts else None  # a cluster of another environment is refused here
    figures = [Figure(name="topics declared", value=len(declared.topics), unit="count")] if declared else []
    return _report("check", started, [files], figures=figures)


def plan(job: Job) -> StepReport:
    """What an apply would do, kept in the store; what it refuses is red, and so is what the cluster would.

    ``data``: the key of the plan, its two hashes, and whether a person must approve.
    """
    started = datetime.now(UTC)
    store = job.platform.store
    with session_of(job) as session:
        view = look(session, job, remembering.recall(store, job.cluster))
        job.say(summary(view.plan))
        checks = [_refused(view.plan)]
        for which in ("safe", "gated"):
            checks += _preflight(job, session, _part(view.plan, which), which)
    kept = plans.keep_plan(store, view.plan)
    return _report(
        "plan",
        started,
        checks,
        figures=(
            Figure(name="safe changes", value=len(view.plan.safe.changes), unit="count"),
            Figure(name="gated changes", value=len(view.plan.gated.changes), unit="count"),
            Figure(name="refusals", value=len(view.plan.refusals), unit="count"),
        ),
        artifacts=(kept,),
        data={
            "plan": kept.key,
            "summary": summary(view.plan),
            "safe": view.plan.safe.hash,
            "gated": view.plan.gated.hash,
            "gated_changes": len(view.plan.gated.changes),
            "guarded": view.plan.guarded,
            "git_commit": view.plan.git_commit,
        },
    )


def stops(report: StepReport, which: Which) -> Check | None:
    """The red check of a plan that forbids to go on with a part; what is refused forbids nothing else."""
    for each in report.checks:
        red = each.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE}
        if red and each.name.endswith(f"({which})"):
            return each
    return None


def apply(job: Job, which: Which, wanted: str) -> StepReport:
    """One part of the plan, carried out. ``wanted`` is its hash, empty where the plan had nothing in it.

    Raises ``StalePlan`` where files or cluster are no longer those of the plan, ``LeaseHeld`` where another
    run works on the cluster; nothing was changed then.
    """
    started = datetime.now(UTC)
    store = job.platform.store
    step = "apply" if which == "safe" else "apply_approved"
    if which == "gated" and not wanted:
        nothing = Check(name=_named("changes applied", which), verdict=Verdict.NOT_APPLICABLE, reason="none")
        return _report(step, started, [nothing])
    with (
        session_of(job) as session,
        lease(store, lease_name(job.cluster), holder=job.holder, seconds=LEASE_SECONDS) as held,
    ):
        memory = remembering.recall(store, job.cluster)
        part, view = _chosen(job, session, which, wanted, memory)
        checks = _preflight(job, session, part, which, again=True)
        if any(each.verdict in {Verdict.FAILED, Verdict.INCONCLUSIVE} for each in checks):
            return _report(step, started, checks)
        told = _carry_out(job, session, part, held.check)
        checks.append(told.check(_named("changes applied", which)))
        untouched = view if not part.changes else None
        read, artifacts = _read_back(job, lambda: untouched or look(session, job, memory), which)
    figures = [
        Figure(name=_named("changes done", which), value=sum(map(_done, told.outcomes)), unit="count"),
        Figure(name=_named("applying", which), value=round(told.seconds, 3), unit="seconds"),
    ]
    data = {"hash": part.hash, "resumed": told.resumed}
    return _report(step, started, [*checks, read], figures=figures, artifacts=artifacts, data=data)


def _carry_out(job: Job, session: Session, part: Part, still_ours: Callable[[], None]) -> Report:
    still_ours()
    store, secrets = job.platform.store, job.platform.resolve
    work = Work(session, job.cluster, store, job.holder, still_ours=still_ours, secrets=secrets)
    told = carry_out(work, part)
    for sentence in told.left:
        job.say(sentence)
    job.say(f"{sum(map(_done, told.outcomes))} of {len(part.changes)} changes done in {told.seconds:.1f} s")
    return told


def _done(outcome: Outcome) -> bool:
    return outcome.done


def _read_back(job: Job, again: Callable[[], View], which: Which) -> tuple[Check, list[Artifact]]:
    """Read again, the cluster must leave nothing to do: of the safe part, or of both after both.

    What was done stays on record also where the cluster cannot be read any more.
    """
    name, expected = _named("read back", which), "nothing left to change"
    try:
        after = again()
        kept = remembering.keep(job.platform.store, job.cluster, after.to_remember())
    except DataOpsError as error:
        reason = f"could not run: {error}"
        return Check(name=name, verdict=Verdict.INCONCLUSIVE, expected=expected, reason=reason), []
    job.say(summary(after.plan))
    left = after.plan.safe.changes if which == "safe" else after.plan.changes
    found = Check(
        name=name,
        verdict=Verdict.FAILED if left else Verdict.PASSED,
        expected=expected,
        observed=f"{len(left)} changes left",
        reason=_left_over(left[0]) if left else "",
        parts=tuple(
            CheckPart(name=each.resource, verdict=Verdict.FAILED, reason=_left_over(each))
            for each in left[:SHOWN]
        ),
    )
    return found, [kept]


def begun(job: Job, wanted: str) -> str:
    """The whole hash of the part that a run began and did not end, where ``wanted`` names it; else empty."""
    left = read_unfinished(job.platform.store, job.cluster) if wanted else None
    return left.plan if left is not None and plans.is_named(left.plan, wanted) else ""


def _chosen(
    job: Job, session: Session, which: Which, wanted: str, memory: Memory
) -> tuple[Part, View | None]:
    """The part to carry out: that of a run that died in the middle of it, or that of a plan made now."""
    store = job.platform.store
    left = read_unfinished(store, job.cluster)
    if wanted and left is not None and plans.is_named(left.plan, wanted):
        begun = plans.plan_of_part(store, job.cluster, left.plan)
        same = begun is not None and (begun.desired, begun.git_commit) == (
            job.desired.fingerprint,
            job.git_commit,
        )
        if begun is not None and same:
            job.say(f"Going on with the plan {left.plan[:12]}, which {left.holder} began at {left.started}.")
            return _part(begun, which), None
    view = look(session, job, memory)
    part = _part(view.plan, which)
    if not wanted or not part.changes:
        # Nothing was planned, so nothing is done; what has come up since is seen when it is read back.
        return Part(), view
    if not plans.is_named(part.hash, wanted):
        raise StalePlan(
            f"The plan {wanted[:12]} is stale: files and cluster now give the plan {part.hash[:12]}, with "
            f"{len(part.changes)} changes. Nothing was changed; look at the new plan."
        )
    plans.keep_part(store, job.cluster, view.plan, part)
    return part, view


def _preflight(job: Job, session: Session, part: Part, which: Which, *, again: bool = False) -> list[Check]:
    """The checks before anything is changed: of the plan, and ``again`` under the lease."""
    if not part.changes:
        return []
    found = preflight(session, part, secrets=job.platform.resolve)
    return [
        each.model_copy(update={"name": _named(f"{each.name}, again" if again else each.name, which)})
        for each in found
    ]


def _refused(found: Plan) -> Check:
    """Red where the files ask for something that is never done, or not without a word that is missing."""
    parts = [
        CheckPart(
            name=f"{each.resource}: {each.field}",
            verdict=Verdict.FAILED,
            observed=each.source,
            reason=f"{each.reason} {each.advice}",
        )
        for each in found.refusals
    ]
    return Check(
        name="nothing refused",
        verdict=Verdict.FAILED if parts else Verdict.PASSED,
        expected="nothing",
        observed=f"{len(parts)} refused" if parts else "nothing",
        reason=f"{parts[0].name}: {parts[0].reason}" if parts else "",
        parts=tuple(parts[:SHOWN]),
    )


def _left_over(change: Change) -> str:
    return f"{change.resource}: still to do: {line(change)}"


def _part(found: Plan, which: Which) -> Part:
    return found.safe if which == "safe" else found.gated


def _named(name: str, which: Which) -> str:
    return f"{name} ({which})"


def _report(step: str, started: datetime, checks: Sequence[Check], **more: object) -> StepReport:
    return StepReport.model_validate({
        "step": step,
        "started": started,
        "finished": datetime.now(UTC),
        "checks": tuple(checks),
        **more,
    })
