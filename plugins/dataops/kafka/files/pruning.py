"""Taking the wrong values out of a file, so that what is right beside them can be looked at too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Path = tuple[str | int, ...]


def prune(values: dict[str, Any], wrong: Iterable[Path]) -> set[Path]:
    """Takes the values of these paths out, whole lists for one of their items; gives the paths taken out."""
    taken: set[Path] = set()
    for path in wrong:
        for part in _to_take(path):
            if _take(values, part):
                taken.add(part)
                break
    return taken


def _to_take(path: Path) -> Iterable[Path]:
    """The path itself, or that of the outermost list that it leads through."""
    index = next((at for at, part in enumerate(path) if isinstance(part, int)), None)
    if index is not None:
        yield path[:index]
    else:
        yield path
        # What is missing cannot be taken out: that in which it is missing can.
        yield path[:-1]


def _take(values: dict[str, Any], path: Path) -> bool:
    if not path:
        return False
    for part in path[:-1]:
        inner = values.get(str(part))
        if not isinstance(inner, dict):
            return False
        values = inner
    return values.pop(str(path[-1]), values) is not values
