"""The forms of a manual drill and of a manual rehearsal, and what the first asks of the drill."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param

from dataops.airflow.form import reason

if TYPE_CHECKING:
    from pydantic import JsonValue

    from dataops.inventory import Inventory, Subject

WISHES = ("point", "mode")


def drill_form(subject: Subject) -> dict[str, Param]:
    """The fields that the UI shows for a manual drill; a scheduled one keeps their defaults."""
    return {"point": _point(), "mode": _mode(subject.drill.mode), "reason": reason()}


def drill_options(params: Mapping[str, Any]) -> dict[str, JsonValue]:
    """What this run asks of the drill; what was left empty is the inventory's to decide."""
    return {name: params[name] for name in WISHES if params.get(name)}


def rehearsal_form(inventory: Inventory) -> dict[str, Param]:
    """The fields that the UI shows for a manual rehearsal."""
    return {
        "subject": Param(
            None,
            type=["null", "string"],
            examples=[subject.name for subject in inventory.active if subject.drill.enabled],
            maxLength=100,
            title="Subject",
            description="Whose newest backup is copied and damaged. Empty: the one whose turn it is.",
        ),
        "only": Param(
            None,
            type=["null", "string"],
            maxLength=1000,
            title="Only these faults",
            description="Families (storage, archive, WAL, schema, data, roles, environment, process) or "
            "names of faults, with commas between them. Empty: the whole library.",
        ),
        "reason": reason(),
    }


@cache
def _point() -> Param:
    return Param(
        None,
        type=["null", "string"],
        examples=["latest", "oldest", "random"],
        maxLength=60,
        title="Recovery point",
        description="latest, oldest, random, a backup id, or a time such as 2026-11-23T14:15:00Z. "
        "Empty: as the subject's file says.",
    )


@cache
def _mode(default: str) -> Param:
    return Param(
        default,
        type="string",
        enum=["full", "budgeted"],
        title="Checks of rows",
        description="full: every table. budgeted: as many as the time budget allows, those first that "
        "were not looked at for longest.",
    )
