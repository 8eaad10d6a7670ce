"""What text and Markdown say of a plan in the same words."""

from __future__ import annotations

from datetime import timedelta

from dataops.failover.planning.course import Course
from dataops.failover.planning.plan import Member, Plan, Step
from dataops.inventory import format_duration

COMMIT = "commit point"
"""Before it an abort heals; after it nothing is taken back by itself."""


def heading(plan: Plan) -> str:
    """Whose plan it is, in a line."""
    return f"{plan.scenario}: {plan.mode} of {plan.database} on {plan.server} ({plan.environment})"


def what(plan: Plan) -> str:
    """What is broken and who takes over, in a sentence."""
    if plan.way is Course.SWITCH:
        return f"{plan.primary} hands over to {plan.candidate}, in order."
    if plan.way is Course.ENDURE:
        return f"{plan.broken} suffers {plan.fault}; {plan.primary} must stay the only primary."
    if plan.way is Course.RESTORE:
        return "Every node and the first bucket are gone; the server comes back from the other region."
    if plan.way is Course.ABORT:
        return f"{plan.primary} dies, and {plan.candidate} while it is promoted: it must end cleanly."
    return f"{plan.broken} suffers {plan.fault}; {plan.candidate} becomes primary."


def worst(plan: Plan) -> str:
    """The worst case of a round, in two sentences; of a tabletop, that of what it tells."""
    if plan.way is Course.ENDURE:
        return plan.loss.says
    longest = format_duration(timedelta(seconds=plan.unavailable))
    return f"{plan.loss.says} Without service for at most {longest}; then the round ends itself."


def member(each: Member) -> str:
    """One node in a line."""
    sync = f", {each.sync_state}" if each.sync_state else ""
    version = f", PostgreSQL {each.version // 10000}.{each.version % 10000}" if each.version else ""
    return f"{each.name}: {each.role} at {each.address}{version}{sync}"


def commits_at(plan: Plan, number: int) -> bool:
    """Whether the commit point lies just before this step, counted from 0."""
    before = plan.steps[number - 1].phase if number else None
    return plan.steps[number].phase == "committed" and before != "committed"


def undone(step: Step) -> str:
    """How the step is taken back, in a line."""
    harmless = step.action in {"verify", "heal", "restore"}
    return "; ".join(step.undo) or ("nothing to take back" if harmless else "not taken back")
