"""The JSON Schema of a scenario's file and the guide to it, generated from the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dataops.failover.scenario import Scenario
from dataops.inventory.schema import schema_from


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of include/failover/<scenario>.yaml."""
    return schema_from(Scenario)


def generated(include: Path, docs: Path) -> dict[Path, str]:
    """Every file that the model generates, and its text."""
    from dataops.failover.files.reference import reference

    return {
        include / "schemas" / "scenario.schema.json": json.dumps(schema(), indent=2) + "\n",
        docs / "failover-scenarios.md": reference(),
    }


def write(include: Path, docs: Path) -> list[Path]:
    """Writes what the model generates, and gives the paths of the files that changed."""
    changed = []
    for path, text in generated(include, docs).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
