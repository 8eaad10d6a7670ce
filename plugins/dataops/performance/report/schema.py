"""The JSON Schema of a report, committed beside the model so that others can validate without our code."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from dataops.performance.report.document import Report

IDENTIFIER = "https://json-schema.org/draft/2020-12/schema"


def generated() -> dict[str, Any]:
    """The schema that the model says."""
    return {"$schema": IDENTIFIER, **Report.model_json_schema(mode="serialization")}


def committed() -> dict[str, Any]:
    """The schema that ships with the package."""
    text = (files(__package__) / "report.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def text() -> str:
    """What ``report.schema.json`` must hold."""
    return json.dumps(generated(), indent=2) + "\n"
