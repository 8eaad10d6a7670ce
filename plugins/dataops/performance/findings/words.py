"""How findings name things and say numbers."""

from __future__ import annotations

from datetime import timedelta

from dataops.evidence.units import duration, human
from dataops.evidence.verdict import Figure
from dataops.performance.findings.view import Row

_LONGEST = 120


def bytes_(value: float) -> str:
    """Such as ``1.5 GB``."""
    return human(value, "bytes")


def seconds(value: float | timedelta) -> str:
    """Such as ``3 min 20 s``."""
    return duration(value.total_seconds() if isinstance(value, timedelta) else value)


def percent(share: float) -> str:
    """Such as ``75 %``, of a share from 0 to 1."""
    return f"{share * 100:.0f} %" if share >= 0.0995 or share == 0 else f"{share * 100:.1f} %"


def count(number: float, noun: str, plural: str = "") -> str:
    """Such as ``1 call`` or ``12,000 calls``."""
    return f"{number:,.0f} {noun if round(number) == 1 else plural or noun + 's'}"


def table_name(row: Row) -> str:
    """``schema.name``."""
    return f"{row['schema']}.{row['name']}"


def statement_object(row: Row) -> str:
    """How findings name a statement: by its fingerprint, the same every night."""
    return f"statement {row['statement']}"


def short(text: str | None) -> str:
    """A statement in one line of a sentence."""
    if text is None:
        return "a statement whose text the role may not read"
    line = " ".join(text.split())
    return f"`{line if len(line) <= _LONGEST else line[: _LONGEST - 1] + '…'}`"


def quoted(*parts: str) -> str:
    """SQL identifiers, quoted and joined by a dot."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def figure(name: str, value: float, unit: str = "count") -> Figure:
    """One number of the evidence, rounded to what anybody reads."""
    return Figure(name=name, value=round(float(value), 6), unit=unit)
