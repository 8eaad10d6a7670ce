"""A plan for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from dataops.failover.planning.course import Course
from dataops.failover.planning.plan import SHORTEST, Plan, Step
from dataops.failover.planning.render import wording


def text(plan: Plan) -> str:
    """The plan in lines: the worst case first, then the cluster, then each step with command and undo."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterable[str]:
    yield wording.heading(plan)
    yield wording.what(plan)
    yield f"Worst case: {wording.worst(plan)}"
    yield from (f"Note: {each}" for each in plan.notes)
    yield ""
    yield f"Cluster {plan.system_identifier}, timeline {plan.timeline}, driver {plan.driver}"
    for each in plan.nodes:
        routed = "  ← clients" if each.name == plan.routed else ""
        yield f"  {wording.member(each)}{routed}"
    yield ""
    for number, step in enumerate(plan.steps):
        if wording.commits_at(plan, number):
            yield f"  ── {wording.COMMIT}: from here on nothing is taken back by itself ──"
        yield from _step(number, step)
    yield ""
    yield f"Plan {plan.hash[:SHORTEST]}" + (
        f" of commit {plan.git_commit[:SHORTEST]}" if plan.git_commit else ""
    )
    if plan.course is Course.TELL:
        yield "A tabletop: nothing is done, by whatever approval."
    else:
        yield f"To run it: dataops failover run {plan.scenario} --approve {plan.hash[:SHORTEST]}"


def _step(number: int, step: Step) -> Iterable[str]:
    yield f"{number + 1:>3}. {step.title}"
    yield from (f"       $ {each}" for each in step.commands)
    if step.worst:
        yield f"       worst: {step.worst}"
    if step.action != "verify":
        yield f"       undo:  {wording.undone(step)}"
