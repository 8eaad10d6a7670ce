"""The guide to scenarios: written by hand around tables of every field, which come from the model."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from dataops.failover.files.consistency import OF_MODE
from dataops.failover.files.schema import schema
from dataops.failover.planning.course import OF_FAULT, Course
from dataops.failover.refusals.preflight import OF_CLUSTER, OF_TARGET, Rule
from dataops.inventory.fields import FORMS

FAULTS = {
    "stop": "PostgreSQL is stopped in order, and the others have all of its WAL",
    "kill": "SIGKILL to the whole tree of processes",
    "hang": "SIGSTOP to the whole tree: connections stay open and nothing answers",
    "hang_postmaster": "SIGSTOP to the postmaster alone: old sessions still write, new ones hang",
    "cut_node": "the node's network is cut from clients and from the other nodes",
    "cut_replication": "standbys no longer receive WAL",
    "cut_clients": "clients no longer reach the primary, the nodes still see each other",
    "lagging_standby": "SIGSTOP to the standby's WAL receiver: it falls behind",
    "kill_standby": "SIGKILL to a standby: with a synchronous one, commits wait",
    "kill_standby_while_promoting": "the primary dies, and the standby in the middle of its promotion",
    "wal_disk_full": "the disk of the primary's WAL is filled by one named file",
    "standby_disk_full": "the disk of a standby's data is filled by one named file",
    "region_lost": "every node is gone, and the first bucket cannot be reached",
}
"""What each fault is, in words."""
RIGHT = {
    Course.FAIL_OVER: "the old primary is fenced, a standby promoted, nothing beyond the objectives lost",
    Course.ABORT: "the promotion fails cleanly: no second primary, the page says what to do",
    Course.ENDURE: "nobody is promoted, and what is wrong is noticed",
    Course.RESTORE: "the server comes back from the other region's bucket, RPO and RTO measured",
}
"""What must be true after a fault, by the way that its round goes."""


def reference() -> str:
    """The text of docs/failover-scenarios.md."""
    from jinja2 import Environment, StrictUndefined

    template = (
        files("dataops.failover.files")
        .joinpath("templates/failover-scenarios.md.j2")
        .read_text(encoding="utf-8")
    )
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    return environment.from_string(template).render(
        tables=list(_tables(schema())),
        faults=list(_faults()),
        modes=OF_MODE,
        of_target=[_told(each) for each in OF_TARGET],
        of_cluster=[_told(each) for each in OF_CLUSTER],
    )


def _told(rule: Rule) -> dict[str, str | bool]:
    """A refusal in the words of the rule itself."""
    what = " ".join((rule.judge.__doc__ or "").split())
    return {"name": rule.name, "again": rule.again, "what": what}


def _faults() -> Iterator[dict[str, str]]:
    for fault, way in OF_FAULT.items():
        modes = [mode for mode, faults in OF_MODE.items() if fault in faults]
        yield {"name": fault, "modes": ", ".join(modes), "what": FAULTS[fault], "right": RIGHT[way]}


def _tables(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The file's own fields, then those of each mapping in it, by its key."""
    places = {
        each["$ref"].rsplit("/", 1)[1]: key for key, each in found["properties"].items() if "$ref" in each
    }
    parts = [("", found), *sorted((places[name], part) for name, part in found.get("$defs", {}).items())]
    for name, part in parts:
        rows = [_row(key, field, part, found) for key, field in part["properties"].items()]
        yield {"name": name, "meaning": part["description"], "rows": rows}


def _row(key: str, field: dict[str, Any], part: dict[str, Any], found: dict[str, Any]) -> dict[str, str]:
    default, required = field.get("default"), key in part.get("required", ())
    written = str(default).lower() if isinstance(default, bool) else default
    # A field that says the same as its mapping has no description of its own.
    below = found.get("$defs", {}).get(field.get("$ref", "").rpartition("/")[2], {})
    return {
        "key": key,
        "form": _form(key, field),
        "default": "required" if required else f"`{written}`" if default is not None else "",
        "meaning": field.get("description") or below.get("description", ""),
    }


def _form(key: str, field: dict[str, Any]) -> str:
    """What may stand there, in words, from the field's JSON Schema."""
    if "examples" in field:
        return _single(field)
    if "$ref" in field:
        return f"mapping, see [{key}](#{key})"
    choices = [each for each in field.get("anyOf", [field]) if each.get("type") != "null"]
    return " or ".join(dict.fromkeys(_single(each) for each in choices))


def _single(field: dict[str, Any]) -> str:
    if "examples" in field:
        return "duration" if "pattern" in field else "schedule"
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "boolean":
        return "`true` or `false`"
    if field.get("type") == "integer":
        most = field.get("maximum")
        return (
            f"{field['minimum']} to {most}" if most is not None else f"whole number from {field['minimum']}"
        )
    pattern: str | None = field.get("pattern")
    return FORMS[pattern] if pattern else "text"
