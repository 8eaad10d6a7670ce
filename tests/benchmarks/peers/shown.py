"""Whether what a peer tells, as JSON, shows a problem at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Shown = Callable[[Mapping[str, Any]], bool]


def holds(*path: str) -> Shown:
    """Whether there is something above zero at a path; ``*`` stands for any key."""

    def look(node: Any, rest: tuple[str, ...] = path) -> bool:
        if not rest:
            return bool(node) and node != "0"
        if not isinstance(node, Mapping):
            return False
        nodes = node.values() if rest[0] == "*" else [node[rest[0]]] if rest[0] in node else []
        return any(look(each, rest[1:]) for each in nodes)

    return look


def says(words: str, *path: str) -> Shown:
    """Whether these words stand anywhere at or below a path."""

    def look(node: Any) -> bool:
        for key in path:
            node = node.get(key) if isinstance(node, Mapping) else None
        return words in json.dumps(node, ensure_ascii=False)

    return look


def any_of(*ways: Shown) -> Shown:
    """Whether one of these shows it."""
    return lambda told: any(shown(told) for shown in ways)
