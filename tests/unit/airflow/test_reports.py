"""A report reaches the next task whole: a short one as XCom, a long one by the store."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from dataops.airflow.reports import LONGEST, ReportChanged, pack, unpack
from dataops.evidence.steps import StepReport
from dataops.store import ObjectStore

NOW = datetime(2026, 11, 23, tzinfo=UTC)
KEY = "evidence/restore_drill/orders/reports/one.json"


class Shelf:
    """What a store does with whole objects."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def __call__(self) -> ObjectStore:
        return cast(ObjectStore, self)

    def put(self, key: str, body: bytes) -> Any:
        self.objects[key] = body
        return SimpleNamespace(key=key, sha256=hashlib.sha256(body).hexdigest())

    def get(self, key: str) -> bytes:
        return self.objects[key]


def report(tables: int) -> StepReport:
    coverage = {f"public.table_{number}": {"rows": number} for number in range(tables)}
    return StepReport(step="drill", started=NOW, finished=NOW, data={"coverage": coverage})


def unavailable() -> ObjectStore:
    raise AssertionError("a short report needs no store")


def test_a_short_report_needs_no_store() -> None:
    left = pack(report(3), KEY, unavailable)
    assert unpack(left, unavailable) == report(3)


def test_a_long_report_lies_in_the_store_and_only_its_key_travels() -> None:
    shelf = Shelf()
    left = pack(report(2000), KEY, shelf)
    assert set(left) == {"report", "sha256"}
    assert len(shelf.objects[KEY]) > LONGEST > len(json.dumps(left))
    assert unpack(left, shelf) == report(2000)


def test_a_report_that_somebody_changed_is_refused() -> None:
    shelf = Shelf()
    left = pack(report(2000), KEY, shelf)
    shelf.objects[KEY] = report(1000).model_dump_json().encode()
    with pytest.raises(ReportChanged, match="somebody changed it"):
        unpack(left, shelf)
