"""The assets that other DAGs may be scheduled on."""

from __future__ import annotations

from collections.abc import Iterable

from airflow.sdk import Asset
from pydantic import JsonValue

from dataops.evidence.verdict import Figure


def backup(subject: str) -> Asset:
    """Emitted by a passed backup of the subject, and by nothing else: drills may be scheduled on it."""
    return Asset(f"dataops://backup/{subject}")


def verdict(capability: str, subject: str) -> Asset:
    """Emitted by every run, red or green, with its verdict."""
    return Asset(f"dataops://verdict/{capability}/{subject}")


def figures(measured: Iterable[Figure]) -> dict[str, JsonValue]:
    """Figures as an asset event carries them: ``{"size": {"value": 1.0, "unit": "bytes"}}``."""
    return {each.name: {"value": each.value, "unit": each.unit} for each in measured}
