"""The configuration reference, generated from the models: every field, its form, its default, its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from dataops.inventory.fields import FORMS
from dataops.inventory.schedule import KEYWORDS
from dataops.inventory.schema import schema_of


def reference() -> str:
    """The text of docs/configuration.md."""
    from jinja2 import Environment, StrictUndefined

    template = (
        files("dataops.inventory").joinpath("templates/configuration.md.j2").read_text(encoding="utf-8")
    )
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(template).render(
        server=list(_tables(schema_of("server"), "server")),
        database=list(_tables(schema_of("database"), "database"))[:1],
        keywords=KEYWORDS,
    )


def _tables(schema: dict[str, Any], title: str) -> Iterator[dict[str, Any]]:
    """One table for the file, then one for each mapping in it."""
    parts = schema.get("$defs", {})
    for name, part in ((title, schema), *((_key_of(schema, name), part) for name, part in parts.items())):
        rows = [
            _row(key, field, key in part.get("required", ())) for key, field in part["properties"].items()
        ]
        yield {"name": name, "meaning": part["description"], "rows": rows}


def _key_of(schema: dict[str, Any], part: str) -> str:
    properties: dict[str, Any] = schema["properties"]
    return next(key for key, field in properties.items() if f"/{part}'" in str(field))


def _row(key: str, field: dict[str, Any], required: bool) -> dict[str, str]:
    default = field.get("default")
    return {
        "key": key,
        "form": _form(field, key),
        "default": "required" if required else f"`{default}`" if default is not None else "",
        "meaning": field.get("description", ""),
    }


def _form(field: dict[str, Any], key: str) -> str:
    """What may stand there, in words, from the field's JSON Schema."""
    if "examples" in field:
        return _single(field, key)
    choices = [each for each in field.get("anyOf", [field]) if each.get("type") != "null"]
    if any("$ref" in each for each in choices):
        return f"mapping, see [{key}](#{key})"
    return " or ".join(dict.fromkeys(_single(each, key) for each in choices))


def _single(schema: dict[str, Any], key: str) -> str:
    if "examples" in schema:
        return "duration" if "pattern" in schema else "schedule"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "integer":
        return f"{schema['minimum']} to {schema['maximum']}"
    if schema.get("type") == "boolean":
        return "`on` or `off`"
    if schema.get("format") == "date":
        return "day, as in `2026-11-23`"
    pattern: str = schema["pattern"]
    return FORMS[pattern]
