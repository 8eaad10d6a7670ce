"""The configuration reference, generated from the models: every field, its form, its default, its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from dataops.inventory.fields import FORMS
from dataops.inventory.schedule import KEYWORDS
from dataops.inventory.schema import schema_of

ANY = "JsonValue"
"""The name under which a schema keeps what may be of any type."""
NESTED = ("drill", "failover", "report")
"""The mappings that hold others, which are told by their path."""
OF_DATABASES = "report"
"""The mapping that only a database has; its others are told with the server."""


def reference() -> str:
    """The text of docs/configuration.md."""
    from jinja2 import Environment, StrictUndefined

    template = (
        files("dataops.inventory").joinpath("templates/configuration.md.j2").read_text(encoding="utf-8")
    )
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(template).render(
        server=list(_tables(schema_of("server"), "server")),
        database=[
            table
            for table in _tables(schema_of("database"), "database")
            if table["name"].partition(".")[0] in {"database", OF_DATABASES}
        ],
        keywords=KEYWORDS,
    )


def _tables(schema: dict[str, Any], title: str) -> Iterator[dict[str, Any]]:
    """One table for the file, then one for each mapping in it, by the path of keys that leads there."""
    places = {name: _place_of(schema, name) for name in schema.get("$defs", {}) if name != ANY}
    parts = sorted((place, schema["$defs"][name]) for name, place in places.items())
    for name, part in ((title, schema), *parts):
        rows = [
            _row(key, field, name, key in part.get("required", ()))
            for key, field in part["properties"].items()
        ]
        heading = name.replace("<name>", "&lt;name&gt;")
        yield {"name": heading, "meaning": part["description"], "rows": rows}


def _place_of(schema: dict[str, Any], part: str) -> str:
    """``retention``, or ``drill.smoke`` for a mapping inside another one."""
    for above, fields in (("", schema), *schema["$defs"].items()):
        for key, field in fields.get("properties", {}).items():
            if f"/{part}'" in str(field):
                place = f"{key}.<name>" if field.get("type") == "object" else key
                return f"{_place_of(schema, above)}.{place}" if above else place
    raise KeyError(part)


def _row(key: str, field: dict[str, Any], within: str, required: bool) -> dict[str, str]:
    default = field.get("default")
    written = str(default).lower() if isinstance(default, bool) else default
    return {
        "key": key,
        "form": _form(field, f"{within}.{key}" if within.startswith(NESTED) else key),
        "default": "required" if required else f"`{written}`" if default is not None else "",
        "meaning": field.get("description", ""),
    }


def _form(field: dict[str, Any], place: str) -> str:
    """What may stand there, in words, from the field's JSON Schema."""
    if "examples" in field:
        return _single(field)
    choices = [each for each in field.get("anyOf", [field]) if each.get("type") != "null"]
    if [each.get("type") for each in choices] == ["boolean"]:
        return "`true` or `false`"
    return " or ".join(dict.fromkeys(_of_kind(each, place) for each in choices))


def _of_kind(schema: dict[str, Any], place: str) -> str:
    if schema.get("type") == "array":
        each = _of_kind(schema["items"], place)
        return f"list of {each.replace('mapping', 'mappings', 1)}"
    if schema.get("type") == "object":
        return f"mappings by name, see [{place}](#{_anchor(place)}name)"
    if "$ref" in schema:
        return (
            "any value"
            if schema["$ref"].endswith(f"/{ANY}")
            else f"mapping, see [{place}](#{_anchor(place)})"
        )
    return _single(schema)


def _anchor(place: str) -> str:
    return place.replace(".", "")


def _single(schema: dict[str, Any]) -> str:
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
    pattern: str | None = schema.get("pattern")
    return FORMS[pattern] if pattern else "text"
