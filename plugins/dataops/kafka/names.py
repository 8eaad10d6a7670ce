"""Names of topics: which Kafka takes, which belong to other programs, and which match a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

LONGEST = 249
"""Characters of a topic's name, since the folder of a partition adds its number (Topic.java)."""

FOREIGN = (
    "__*",
    "_schemas*",
    "_confluent*",
    "_redpanda*",
    "*connect-configs",
    "*connect-offsets",
    "*connect-status",
    "*-changelog",
    "*-repartition",
    "mm2-*.internal",
    "*.checkpoints.internal",
    "heartbeats",
    "*.heartbeats",
    "ksql-*",
    "_ksql*",
)
"""Topics that Kafka itself, Connect, Streams, MirrorMaker, schema registries and ksqlDB look after."""

_LEGAL = re.compile(r"[a-zA-Z0-9._-]+", re.ASCII)


def trouble_with(name: str) -> str:
    """Why Kafka refuses a topic's name, as the end of a sentence; empty where it takes it (Topic.java)."""
    if name in {".", ".."}:
        return "is no name that Kafka takes: neither . nor .. can be one"
    if not name:
        return "is empty"
    if len(name) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if not _LEGAL.fullmatch(name):
        return "is no name that Kafka takes: use letters, digits, . _ and -"
    return ""


def is_foreign(name: str, also: Iterable[str] = ()) -> bool:
    """Whether a topic belongs to another program: one that every platform knows, or of these patterns."""
    return matches(name, (*FOREIGN, *also))


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether the name fits one of these globs, upper and lower case apart."""
    expression = _together(tuple(patterns))
    return expression is not None and expression.match(name) is not None


def in_metrics(name: str) -> str:
    """The name as Kafka's metrics show it: two topics that share it cannot both exist (Topic.java)."""
    return name.replace(".", "_")


@lru_cache(maxsize=256)
def _together(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    return re.compile("|".join(translate(pattern) for pattern in patterns)) if patterns else None
