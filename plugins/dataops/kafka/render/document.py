"""A plan as one JSON document, for programs: all of the plan, and what a person would read in it."""

from __future__ import annotations

import json
from typing import Any

from dataops.kafka.changes import Change, Part, Plan
from dataops.kafka.render.wording import line, summary

_VERDICTS = {0: "passed", 1: "failed", 4: "changes pending"}


def document(plan: Plan) -> dict[str, Any]:
    """Everything of the plan in JSON's own types, with a summary, an exit code and a line for each change."""
    content: dict[str, Any] = json.loads(plan.to_json())
    for name, part in (("safe", plan.safe), ("gated", plan.gated)):
        content[name]["changes"] = _changes(part, content[name]["changes"])
    return {
        "outcome": _VERDICTS[plan.exit_code],
        "exit_code": plan.exit_code,
        "summary": summary(plan),
        **content,
    }


def _changes(part: Part, written: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pairs = zip(part.changes, written, strict=True)
    return [{**_told(change), **content} for change, content in pairs]


def _told(change: Change) -> dict[str, str]:
    return {"kind": change.kind, "resource": change.resource, "line": line(change)}
