"""Measured values as people say them."""

from __future__ import annotations

_STEPS = ("", "k", "M", "G", "T", "P")


def human(value: float, unit: str) -> str:
    """Such as ``3 min 20 s``, ``1.5 GB``, ``336,776 rows``, ``85 MB/s``. Bytes in powers of 1,000."""
    if unit == "seconds":
        return duration(value)
    if unit in {"bytes", "bytes/second"}:
        return f"{_scaled(value)}B{'/s' if unit == 'bytes/second' else ''}"
    number = f"{value:,.0f}" if value == round(value) else f"{value:,.3g}"
    return number if unit == "count" else f"{number} {unit}"


def duration(seconds: float) -> str:
    """Such as ``40 ms``, ``12.3 s``, ``3 min 20 s``, ``2 h 5 min``, ``1 d 2 h``: at most two parts."""
    if seconds < 0:
        return f"-{duration(-seconds)}"
    if 0 < seconds < 0.9995:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    for size, name, smaller, small in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name} {rest} {small}" if rest else f"{whole // size} {name}"
    return f"{whole} s"


def _scaled(value: float) -> str:
    step = 0
    while abs(value) >= 999.5 and step < len(_STEPS) - 1:
        value, step = value / 1000, step + 1
    return f"{value:.3g} {_STEPS[step]}" if step else f"{value:,.0f} "
