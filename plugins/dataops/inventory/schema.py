"""JSON Schemas of the YAML, generated from the models, so that editors complete and check it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from dataops.inventory.database import Database
from dataops.inventory.duration import format_duration
from dataops.inventory.server import Server

MODELS: dict[str, type[BaseModel]] = {"server": Server, "database": Database}


class _Generator(GenerateJsonSchema):
    """Without titles, which only repeat the keys, and with defaults as the YAML writes them."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        generated = super().default_schema(schema)
        # An empty text stands for a default that depends on other fields, which the description tells;
        # a mapping's default only repeats those of its fields.
        if not generated.get("default", True) or isinstance(generated.get("default"), dict):
            del generated["default"]
        return generated


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the file of a ``server`` or a ``database``."""
    return schema_from(MODELS[kind])


def schema_from(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the file that this model describes."""
    schema = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    return {"$schema": _Generator.schema_dialect, **schema}


def generated(include: Path, docs: Path) -> dict[Path, str]:
    """Every file that the models generate, and its text: the schemas and the configuration reference."""
    from dataops.inventory.reference import reference

    schemas = {
        include / "schemas" / f"{kind}.schema.json": json.dumps(schema_of(kind), indent=2) + "\n"
        for kind in MODELS
    }
    return {**schemas, docs / "configuration.md": reference()}


def write(include: Path, docs: Path) -> list[Path]:
    """Writes what the models generate, and gives the paths of the files that changed."""
    changed = []
    for path, text in generated(include, docs).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
