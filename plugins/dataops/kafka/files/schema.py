"""JSON Schemas of the files of clusters, generated from the models: editors complete and check by them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from dataops.inventory.schema import schema_from
from dataops.kafka.files.cluster_file import ClusterFile
from dataops.kafka.files.reference import reference
from dataops.kafka.files.topics_file import TopicsFile
from dataops.kafka.policy import PolicyFile

MODELS: dict[str, type[BaseModel]] = {
    "kafka-cluster": ClusterFile,
    "kafka-topics": TopicsFile,
    "kafka-policy": PolicyFile,
}


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``kafka-cluster``, ``kafka-topics`` or ``kafka-policy``."""
    return schema_from(MODELS[kind])


def generated(include: Path, docs: Path) -> dict[Path, str]:
    """Every file that the models generate, and its text: the schemas and the reference."""
    schemas = {
        include / "schemas" / f"{kind}.schema.json": json.dumps(schema_of(kind), indent=2) + "\n"
        for kind in MODELS
    }
    return {**schemas, docs / "kafka-files.md": reference(MODELS)}


def write(include: Path, docs: Path) -> list[Path]:
    """Writes what the models generate, and gives the paths of the files that changed."""
    changed = []
    for path, text in generated(include, docs).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
