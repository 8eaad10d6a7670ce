"""A plan for whoever approves it, and for a pull request."""

from __future__ import annotations

from collections.abc import Iterable

from dataops.failover.planning.plan import SHORTEST, Plan
from dataops.failover.planning.render import wording


def markdown(plan: Plan) -> str:
    """The plan in Markdown: the worst case first, then a table of the steps, then their commands."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterable[str]:
    yield f"### {wording.heading(plan)}"
    yield ""
    yield f"{wording.what(plan)} **Worst case:** {wording.worst(plan)}"
    yield from (f"\n> {each}" for each in plan.notes)
    yield ""
    yield f"Cluster `{plan.system_identifier}`, timeline {plan.timeline}, driver {plan.driver}:"
    yield ""
    for each in plan.nodes:
        routed = " ← clients" if each.name == plan.routed else ""
        yield f"- {wording.member(each)}{routed}"
    yield ""
    yield "| | step | worst case | taken back by |"
    yield "|---|---|---|---|"
    for number, step in enumerate(plan.steps):
        if wording.commits_at(plan, number):
            yield f"| | **{wording.COMMIT}**: from here on nothing is taken back by itself | | |"
        undo = "" if step.action == "verify" else wording.undone(step)
        yield f"| {number + 1} | {_cell(step.title)} | {_cell(step.worst)} | {_cell(undo)} |"
    yield ""
    yield "<details><summary>Commands</summary>"
    yield ""
    yield "```"
    for number, step in enumerate(plan.steps):
        yield from (f"{number + 1}: {each.replace('```', '` ` `')}" for each in step.commands)
    yield "```"
    yield ""
    yield "</details>"
    yield ""
    commit = f" of commit `{plan.git_commit[:SHORTEST]}`" if plan.git_commit else ""
    yield f"Plan `{plan.hash[:SHORTEST]}`{commit}"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
