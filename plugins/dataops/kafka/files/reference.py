"""The reference of the files of clusters, generated from the models: every field, its form, its default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from dataops.inventory.fields import FORMS
from dataops.inventory.schema import schema_from
from dataops.kafka.topic_configs import KNOWN

_HEAD = """\
<!-- Generated from the models by `dataops inventory schema`. Change those, then run it again. -->

# Files of a Kafka cluster

`include/kafka/<cluster>/cluster.yaml` says which cluster is meant and what holds for all its topics;
`include/kafka/<cluster>/topics/<team>.yaml` declares what a team has; `include/kafka/policy.yaml`, where
there is one, says what the topics of each environment must keep to. The first line of each file names its
JSON Schema, by which editors complete and check it. `dataops kafka check CLUSTER` says everything that is
wrong in all of them at once, with line and allowed values, and needs no broker.

Durations are a whole number and a unit: `90s`, `15m`, `4h`, `7d`. A glob is a name in which `*` stands for
anything.
"""
BROKERS = "list of broker ids"
_GLOB = r"^[A-Za-z0-9._*?\[\]!-]+$"
_TITLES = {
    "kafka-cluster": "cluster.yaml",
    "kafka-topics": "topics/&lt;team&gt;.yaml",
    "kafka-policy": "policy.yaml",
}


def reference(models: dict[str, type[BaseModel]]) -> str:
    """The text of docs/kafka-files.md."""
    parts = [_HEAD]
    for kind, model in models.items():
        parts.append(f"\n## {_TITLES[kind]}\n")
        parts += _tables(schema_from(model), kind)
    parts.append(_configs())
    return "".join(parts)


def _tables(schema: dict[str, Any], kind: str) -> Iterator[str]:
    """The file's own fields, then those of each mapping in it, by the path of keys that leads there."""
    yield _table("", schema)
    places = {name: _place_of(schema, name) for name in schema.get("$defs", {})}
    for name, place in sorted(places.items(), key=lambda each: each[1]):
        # What a cluster's file and the policy's have in common is told once.
        if not (kind == "kafka-cluster" and place.startswith("policy")):
            yield _table(place, schema["$defs"][name])


def _table(place: str, part: dict[str, Any]) -> str:
    rows = [
        f"| `{key}` | {_form(field)} | {_default(key, field, part)} | {field.get('description', '')} |\n"
        for key, field in part["properties"].items()
    ]
    head = f"\n### `{place}`\n" if place else ""
    meaning = f"\n{part['description']}\n" if "description" in part else ""
    return f"{head}{meaning}\n| field | form | default | meaning |\n|---|---|---|---|\n{''.join(rows)}"


def _place_of(schema: dict[str, Any], name: str) -> str:
    """``topics.<name>.acls[]`` for a mapping in a list in a mapping of mappings."""
    for above, part in (("", schema), *schema["$defs"].items()):
        for key, field in part.get("properties", {}).items():
            text = str(field)
            if f"/{name}'" in text:
                before = f"{_place_of(schema, above)}." if above else ""
                within = ".<name>" if "additionalProperties" in field else "[]" if "items" in field else ""
                return f"{before}{key}{within}"
    raise KeyError(name)


def _default(key: str, field: dict[str, Any], part: dict[str, Any]) -> str:
    if key in part.get("required", ()):
        return "required"
    default = field.get("default")
    if default is None or not str(default):
        return ""
    written = str(default).lower() if isinstance(default, bool) else default
    return f"`{written}`"


def _form(field: dict[str, Any]) -> str:
    choices = [each for each in field.get("anyOf", [field]) if each.get("type") != "null"]
    if len(choices) == 2 and choices[1].get("items") == choices[0]:
        return f"{_of_kind(choices[0])}; one, or a list"
    return " or ".join(dict.fromkeys(_of_kind(each) for each in choices))


def _of_kind(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return "mapping"
    if "enum" in field:
        return ", ".join(f"`{each}`" for each in field["enum"])
    if "const" in field:
        return f"`{field['const']}`" if field["const"] else '`""`'
    return {"array": _list, "object": _mapping}.get(field.get("type", ""), _single)(field)


def _list(field: dict[str, Any]) -> str:
    items = field["items"]
    return BROKERS if items.get("type") == "integer" else f"list of {_plural(_of_kind(items))}"


def _mapping(field: dict[str, Any]) -> str:
    return "mappings by name" if "$ref" in str(field.get("additionalProperties")) else "mapping"


def _plural(form: str) -> str:
    if form == FORMS.get(_GLOB):
        return "globs"
    return {"mapping": "mappings", "text": "texts", BROKERS: "lists of broker ids"}.get(form, form)


def _single(field: dict[str, Any]) -> str:
    kind, pattern = field.get("type"), field.get("pattern")
    if "examples" in field:
        return "duration"
    if kind == "boolean":
        return "`true` or `false`"
    if kind in {"integer", "number"}:
        return _number(field)
    return FORMS.get(pattern, "text") if pattern else "text"


def _number(field: dict[str, Any]) -> str:
    if "maximum" in field:
        return f"{field['minimum']} to {field['maximum']}"
    if "minimum" in field:
        return f"whole number from {field['minimum']}"
    return "number above 0"


def _configs() -> str:
    rows = [f"| `{key}` | {config.form} | `{config.default}` |\n" for key, config in KNOWN.items()]
    return (
        "\n## Topic configs\n\nThose of Kafka 4.3.1, as its brokers check them. A key that a managed cluster "
        "has besides goes into\n`other_configs` of cluster.yaml, as a glob.\n\n"
        f"| key | form | Kafka's default |\n|---|---|---|\n{''.join(rows)}"
    ).replace("`` |", "|")
