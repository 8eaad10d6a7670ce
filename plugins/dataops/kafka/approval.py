"""What a person reads before answering whether the gated part of a plan may be applied. Pure."""

from __future__ import annotations

from dataops.kafka.changes import Plan, Risk
from dataops.kafka.observed import Stake
from dataops.kafka.planning.words import at_stake
from dataops.kafka.render import markdown
from dataops.kafka.render.wording import line


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
