"""Who may approve what is disruptive or destructive. Pure but for asking Git whose change it is."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from dataops.errors import DataOpsError
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Verdict
from dataops.kafka.changes import Plan, Risk
from dataops.kafka.observed import Stake
from dataops.kafka.planning.words import at_stake
from dataops.kafka.render import markdown
from dataops.kafka.render.wording import line
from dataops.process import ProgramFailed, ProgramMissing, find_program, run


def objection(approvers: Iterable[str], requesters: Iterable[str] | None, authors: Iterable[str]) -> str:
    """Why this answer does not count, in a sentence; empty where it does.

    Each is the names of one person: id, full name, address. An address is also known by what is before its @.
    ``requesters`` is empty where nobody but a schedule asked, None where it was somebody unknown.
    """
    approver, requester, author = _names(approvers), _names(requesters or ()), _names(authors)
    if not approver:
        return "nobody can tell who approved: only a known person may"
    if requesters is None:
        return "nobody can tell who started this run, and whoever did must not approve it"
    if approver & requester:
        return "the approver started this run: somebody else must approve"
    if not author:
        return "nobody can tell who wrote the change: commit it, or name its author in the form"
    if approver & author:
        return "the approver wrote the change: somebody else must approve"
    return ""


def authors_of(include: Path, cluster: str) -> tuple[str, ...]:
    """Name and address of whoever last changed the files of the cluster; empty where Git cannot tell.

    Changes that are not committed have no author yet, and so nobody who could be told apart from them.
    """
    folder = include.resolve() / "kafka" / cluster
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        # The checkout may belong to another user than the worker; it is only read.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    try:
        git = str(find_program("git"))
        changed = run(
            [git, "-C", str(folder), "status", "--porcelain", "--", "."], env=environment, deadline=30
        )
        if changed.stdout.strip():
            return ()
        found = run(
            [git, "-C", str(folder), "log", "-1", "--format=%an%n%ae", "--", "."],
            env=environment,
            deadline=30,
        )
    except (ProgramMissing, ProgramFailed):
        return ()
    return tuple(text for text in found.stdout.splitlines() if text.strip())


def worst_case(plan: Plan) -> str:
    """What the gated part may cost at most, in a sentence a change that may lose data."""
    destructive = [each for each in plan.gated.changes if each.risk is Risk.DESTRUCTIVE]
    if not destructive:
        return "Worst case: clients are disturbed while it is done. No data is lost."
    told = [
        f"{each.resource} ({line(each)}): {at_stake(each.stake or Stake()) or 'numbers unknown'}"
        for each in destructive[:5]
    ]
    more = f", and {len(destructive) - 5} more" if len(destructive) > 5 else ""
    return f"Worst case: data is lost for good: {'; '.join(told)}{more}."


def request(plan: Plan, *, link: str) -> str:
    """What a person reads before answering, in Markdown: the worst case first, then the plan."""
    return "\n\n".join([
        f"**{worst_case(plan)}**",
        f"You approve the plan `{plan.gated.hash[:12]}` and nothing else: where files or cluster change "
        f"before it is applied, it is refused. [What each task does]({link})",
        markdown(plan),
    ])


def not_needed(reason: str) -> StepReport:
    """The report where nobody had to be asked."""
    return _report(Check(name="approval", verdict=Verdict.NOT_APPLICABLE, reason=reason))


def given(part: str, by: str) -> StepReport:
    """The report of an approval of the part with this hash."""
    return _report(
        Check(
            name="approval",
            verdict=Verdict.PASSED,
            expected=f"a person approves the plan {part[:12]}",
            observed=f"approved by {by}",
        ),
        {"approved": part, "by": by},
    )


def missing(part: str, reason: str) -> StepReport:
    """The report where the answer was no, or none, or one that does not count."""
    return _report(
        Check(
            name="approval",
            verdict=Verdict.FAILED,
            expected=f"a person approves the plan {part[:12]}",
            reason=reason,
        )
    )


class NotApproved(DataOpsError):
    """A person said no, or nobody with a say said yes. Nothing of the gated part was changed."""


def _report(check: Check, data: dict[str, str] | None = None) -> StepReport:
    now = datetime.now(UTC)
    return StepReport(step="approve", started=now, finished=now, checks=(check,), data=dict(data or {}))


def _names(person: Iterable[str]) -> set[str]:
    names = {each.strip().casefold() for each in person if each and each.strip()}
    return names | {each.partition("@")[0] for each in names}
