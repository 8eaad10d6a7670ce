"""One row of a digest as a value: what was logged, and its figures."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.performance.logs.columns import LogKind


@dataclass(frozen=True)
class Thing:
    """What one entry tells; ``count`` is 0 where it only adds figures to another entry's event.

    ``database`` is None where the entry's own is meant, and empty for what concerns the whole server.
    """

    kind: LogKind
    text: str = ""
    detail: str = ""
    code: str = ""
    severity: str = ""
    database: str | None = None
    count: int = 1
    total_seconds: float = 0.0
    max_seconds: float = 0.0
    bytes: int = 0
    max_bytes: int = 0
    buffers: int = 0
    unremovable: int = 0


@dataclass(frozen=True)
class Said:
    """The fields of an entry that things are made from; empty where it has none."""

    severity: str
    code: str
    message: str
    detail: str
    context: str
    statement: str
