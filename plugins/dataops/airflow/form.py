"""The form of a manual backup, and what the form or the schedule asks of the backup's method."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from dataops.airflow.schedule import type_of_run
from dataops.inventory import Database, Server

if TYPE_CHECKING:
    from pydantic import JsonValue

    from dataops.inventory import Subject

TYPES = ["full", "diff", "incr"]
REASON = "reason"
"""Of all fields the only one that is for the evidence and not for the method."""


def form(subject: Subject) -> dict[str, Param]:
    """The fields that the UI shows for a manual run, with the inventory's choices as defaults."""
    fields = {REASON: reason()}
    if isinstance(subject, Database):
        return {
            "content": _content(subject.content),
            "on_blocking_ddl": _blocking(subject.on_blocking_ddl),
            **fields,
        }
    return fields if subject.rds else {"type": _type(), **fields}


def options(subject: Subject, run: Any, params: Mapping[str, Any]) -> dict[str, JsonValue]:
    """What this run asks of the method: the form's choices; on a schedule, the type that the tick means."""
    chosen = {name: params[name] for name in form(subject) if name in params and name != REASON}
    if isinstance(subject, Server) and not subject.rds:
        chosen["type"] = type_of_run(subject, run, chosen.get("type", TYPES[0]))
    return chosen


# A Param is never changed after it is made, and checking its schema costs a millisecond: 500 DAGs share them.


@cache
def _type() -> Param:
    return Param(
        TYPES[0],
        type="string",
        enum=TYPES,
        title="Type of backup",
        description="full: everything. diff: what changed since the last full one. "
        "incr: what changed since the last one of any type.",
    )


@cache
def _content(default: str) -> Param:
    return Param(
        default,
        type="string",
        enum=["full", "rotate", "definitions"],
        title="Content hashes",
        description="What the manifest says of the rows. full: every table is hashed. "
        "rotate: some tables at a time, within the time budget. definitions: none.",
    )


@cache
def _blocking(default: str) -> Param:
    return Param(
        default,
        type="string",
        enum=["wait", "abort"],
        title="When a session waits behind the backup",
        description="wait: report it and go on. abort: end the backup, so that the session gets through.",
    )


@cache
def reason() -> Param:
    """The field of every form that is for the evidence alone."""
    return Param(
        None,
        type=["null", "string"],  # the form insists on a text where null is not allowed
        maxLength=200,
        title="Reason",
        description="Why it is run by hand, for the evidence. May stay empty.",
    )
