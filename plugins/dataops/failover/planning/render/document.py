"""A plan as one JSON document."""

from __future__ import annotations

from typing import Any

from dataops.failover.planning.plan import Plan
from dataops.failover.planning.render import wording


def document(plan: Plan) -> dict[str, Any]:
    """All of the plan, its hash, and what a person would read first."""
    return {
        **plan.model_dump(mode="json"),
        "hash": plan.hash,
        "summary": plan.summary,
        "worst": wording.worst(plan),
    }
