"""A step's report on its way to the next task: as XCom where it is small, by the store where it is not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from dataops.errors import DataOpsError
from dataops.evidence.steps import StepReport

if TYPE_CHECKING:
    from pydantic import JsonValue

    from dataops.store import ObjectStore

Report = TypeVar("Report", bound=BaseModel)

LONGEST = 32 * 1024
"""Bytes of a report that may stand in Airflow's metadata database."""


class ReportChanged(DataOpsError):
    """What a task left in the store is not what another task finds there."""


def pack(report: BaseModel, key: str, store: Callable[[], ObjectStore]) -> dict[str, JsonValue]:
    """What is pushed as XCom: the report itself, or the key and hash under which it lies in the store.

    A drill of 2,000 tables says something of each; a report of a few lines needs no store that answers.
    """
    body = report.model_dump_json().encode()
    if len(body) <= LONGEST:
        return report.model_dump(mode="json")
    stored = store().put(key, body)
    return {"report": stored.key, "sha256": stored.sha256}


def unpack(left: Mapping[str, Any], store: Callable[[], ObjectStore]) -> StepReport:
    """The report that ``pack`` packed; ``ReportChanged`` where the store holds other bytes."""
    return unpack_as(StepReport, left, store)


def unpack_as(kind: type[Report], left: Mapping[str, Any], store: Callable[[], ObjectStore]) -> Report:
    """The report of this kind; see ``unpack``."""
    if "report" not in left:
        return kind.model_validate(left)
    body = store().get(left["report"])
    if hashlib.sha256(body).hexdigest() != left["sha256"]:
        raise ReportChanged(f"{left['report']} is not what the task before left there: somebody changed it.")
    return kind.model_validate_json(body)
