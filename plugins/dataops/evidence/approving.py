"""Who may approve what is dangerous, and how an answer stands on record. Only asking for authors does I/O."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from dataops.errors import DataOpsError
from dataops.evidence.steps import StepReport
from dataops.evidence.verdict import Check, Verdict
from dataops.process import ProgramFailed, ProgramMissing, find_program, run

STEP = "approve"
"""The step that is a person's."""

SHOWN = 12
"""Characters of a plan's hash that a person is shown."""


class NotApproved(DataOpsError):
    """A person said no, or nobody with a say said yes. Nothing of what was asked for was done."""


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


def authors_of(path: Path) -> tuple[str, ...]:
    """Name and address of whoever last changed this file or folder; empty where Git cannot tell.

    Changes that are not committed have no author yet, and so nobody who could be told apart from them.
    """
    found = path.resolve()
    folder, what = (found, ".") if found.is_dir() else (found.parent, found.name)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        # The checkout may belong to another user than the worker; it is only read.
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "safe.directory",
        "GIT_CONFIG_VALUE_0": "*",
    }
    try:
        git = [str(find_program("git")), "-C", str(folder)]
        changed = run([*git, "status", "--porcelain", "--", what], env=environment, deadline=30)
        if changed.stdout.strip():
            return ()
        last = run([*git, "log", "-1", "--format=%an%n%ae", "--", what], env=environment, deadline=30)
    except (ProgramMissing, ProgramFailed):
        return ()
    return tuple(text for text in last.stdout.splitlines() if text.strip())


def not_needed(reason: str) -> StepReport:
    """The report where nobody had to be asked."""
    return _report(Check(name="approval", verdict=Verdict.NOT_APPLICABLE, reason=reason))


def given(plan: str, by: str) -> StepReport:
    """The report of an approval of what has this hash."""
    return _report(
        Check(
            name="approval",
            verdict=Verdict.PASSED,
            expected=f"a person approves the plan {plan[:SHOWN]}",
            observed=f"approved by {by}",
        ),
        {"approved": plan, "by": by},
    )


def missing(plan: str, reason: str) -> StepReport:
    """The report where the answer was no, or none, or one that does not count."""
    return _report(
        Check(
            name="approval",
            verdict=Verdict.FAILED,
            expected=f"a person approves the plan {plan[:SHOWN]}",
            reason=reason,
        )
    )


def _report(check: Check, data: dict[str, str] | None = None) -> StepReport:
    now = datetime.now(UTC)
    return StepReport(step=STEP, started=now, finished=now, checks=(check,), data=dict(data or {}))


def _names(person: Iterable[str]) -> set[str]:
    names = {each.strip().casefold() for each in person if each and each.strip()}
    return names | {each.partition("@")[0] for each in names}
