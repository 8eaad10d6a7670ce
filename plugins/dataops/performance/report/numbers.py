"""Numbers as people read them, by their unit."""

from __future__ import annotations

from datetime import UTC, datetime

from dataops.evidence.units import duration, human
from dataops.performance.report.document import Cell, Unit

UNKNOWN = "not measurable"


def written(value: Cell, unit: Unit) -> str:
    """Such as ``1.2 GB``, ``3 min 20 s``, ``98.4 %``, ``2026-11-28 14:10``; ``—`` where unmeasured."""
    if value is None:
        return "—"
    if unit is Unit.MOMENT:
        return moment(datetime.fromisoformat(str(value)))
    if isinstance(value, str):
        return value
    return _number(float(value), unit)


def _number(value: float, unit: Unit) -> str:
    if unit is Unit.SECONDS:
        return small_duration(value)
    if unit is Unit.SHARE:
        return share(value)
    if unit in {Unit.BYTES, Unit.BYTES_PER_SECOND}:
        return human(value, unit.value)
    if unit is Unit.PER_SECOND:
        return f"{plain(value)}/s"
    return plain(value)


def measured(value: float, unit: str) -> str:
    """A figure in the evidence's units, short times with their digits and large counts with all of theirs."""
    if unit == "seconds":
        return small_duration(value)
    if unit in {"bytes", "bytes/second"}:
        return human(value, unit)
    return plain(value) if unit == "count" else f"{plain(value)} {unit}"


def small_duration(seconds: float) -> str:
    """A duration that keeps its digits below ten milliseconds, such as ``0.12 ms``."""
    if 0 < abs(seconds) < 0.0000095:
        return f"{seconds * 1_000_000:.2g} microseconds"
    if 0 < abs(seconds) < 0.0095:
        return f"{seconds * 1000:.2g} ms"
    return duration(seconds)


def share(value: float) -> str:
    """A share of 0 to 1 as per cent; never rounded to 100 % or 0 % where it is neither."""
    percent = value * 100
    if 99.5 <= percent < 100:
        return f"{min(percent, 99.99):.2f} %"
    if 0 < percent < 0.1:
        return "below 0.1 %"
    return f"{percent:.1f} %".replace(".0 %", " %")


def plain(value: float) -> str:
    """Such as ``1,234``, ``12.3``, ``0.045``."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:,.3g}"


def moment(at: datetime) -> str:
    """Such as ``2026-11-28 14:10``, UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def instant(at: datetime) -> str:
    """Such as ``2026-11-28 14:10:07``, UTC: exact enough to find an entry of a log."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def counted(number: int, one: str, many: str = "") -> str:
    """Such as ``1 warning``, ``3 warnings``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
