"""What the server's log says went wrong: errors that come again and again, grave ones, crashes, restarts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, Unmeasurable, View
from dataops.performance.findings.words import count, figure, short
from dataops.performance.logs.columns import LogKind, unmeasured
from dataops.performance.window import SectionName

_SERIOUS = frozenset({"ERROR", "FATAL", "PANIC"})
_TOLD_ELSEWHERE = frozenset({"40P01", "57P01"})
"""Deadlocks have a rule of their own; a session that an administrator ended was meant to end."""
_MEANT = (
    "canceling statement due to user request",
    "deadlock detected",
    "terminating connection due to administrator command",
)
"""The same by their words: a stderr log without ``%e`` in its prefix has no SQLSTATE."""
_GIVES_WAY = "canceling autovacuum task"
_CANCELLED_DAILY = 24
"""Times a day that autovacuum may give way to somebody's lock: each run begins anew."""


class _Kind(NamedTuple):
    """What sort of error it is: its cause, whether once is enough, and what to do."""

    cause: Cause
    grave: bool
    advice: str


_APPLICATION = _Kind(Cause.APPLICATION, False, "Mend what sends it.")
_TIMEOUT = _Kind(
    Cause.APPLICATION,
    False,
    "See in this report why the statement takes so long, or give it more time than the others.",
)
_LOCK = _Kind(Cause.LOCK, False, "See who holds the lock for so long; try again what was given up.")
_AUTOVACUUM = _Kind(
    Cause.LOCK,
    False,
    "Autovacuum gives way to every lock that it stands in the way of: find what locks that table so often "
    "(ALTER TABLE, CREATE INDEX, LOCK, TRUNCATE), or vacuum it at an hour of your own.",
)
_RESOURCES = _Kind(
    Cause.CAPACITY,
    True,
    "The server refused for want of memory, disk, connections or a limit of its own: free or raise it.",
)
_SYSTEM = _Kind(Cause.SERVICE, True, "Look at the host and its disks before anything else.")


def errors(view: View) -> Iterator[Finding | str]:
    """The same error again and again, or a grave one even once."""
    alike: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in _logged(view, LogKind.ERROR):
        if row["severity"] in _SERIOUS and not _is_told_elsewhere(row):
            alike[row["severity"], row["code"], row["text"]].append(row)
    for (severity, code, text), rows in alike.items():
        kind = _kind(severity, code, text)
        times = sum(row["count"] for row in rows)
        most = _CANCELLED_DAILY if kind is _AUTOVACUUM else view.thresholds.errors_daily
        if not kind.grave and view.daily(times) < most:
            continue
        where = max(rows, key=lambda row: row["count"])["detail"]
        name = f"{code} {text[:100]}".strip()
        yield Finding(
            code="errors-in-log",
            object=f"error {name}",
            severity=Severity.WARNING,
            cause=kind.cause,
            sentence=f"{count(times, 'time')}: {f'{severity} {code}'.strip()}, {text[:200]}"
            + (f", at {short(where)}" if where else "")
            + (f" and {count(len(rows) - 1, 'other statement')}." if len(rows) > 1 else "."),
            evidence=(figure("errors", times),),
            since=min((row["first"] for row in rows if row["first"]), default=None),
            advice=Advice(sentence=kind.advice, verify="Errors in the next report."),
        )


def _is_told_elsewhere(row: Row) -> bool:
    return row["code"] in _TOLD_ELSEWHERE or row["text"].startswith(_MEANT)


def _kind(severity: str, code: str, text: str) -> _Kind:
    """By SQLSTATE (PostgreSQL's documentation, "PostgreSQL Error Codes"), or by words where there is none."""
    if severity == "PANIC" or code[:2] in {"58", "XX"}:
        return _SYSTEM
    if code[:2] == "53":
        return _RESOURCES
    if text.startswith(_GIVES_WAY):
        return _AUTOVACUUM
    if code == "55P03" or text.startswith("canceling statement due to lock timeout"):
        return _LOCK
    if code == "57014" or text.startswith("canceling statement due to statement timeout"):
        return _TIMEOUT
    return _APPLICATION


def crashes(view: View) -> Iterator[Finding | str]:
    """The server or one of its processes ended without being asked."""
    for restart in view.window.restarts:
        yield Finding(
            code="server-restarted",
            object="server",
            severity=Severity.NOTICE,
            cause=Cause.SERVICE,
            sentence=f"The server was started at {restart:%Y-%m-%d %H:%M} UTC: its caches were empty "
            "after that.",
            since=restart,
            advice=Advice(sentence="Nothing is to be done if that was meant.", verify="The server's log."),
        )
    for row in _logged(view, LogKind.CRASH):
        yield Finding(
            code="server-restarted",
            object="server crash",
            severity=Severity.CRITICAL,
            cause=Cause.SERVICE,
            sentence=f"{count(row['count'], 'process', 'processes')} crashed ({row['code']})"
            + (f" while executing {short(row['text'])}" if row["text"] else "")
            + ": every session was ended.",
            evidence=(figure("crashes", row["count"]),),
            since=row["first"],
            advice=Advice(
                sentence="Signal 9 is mostly the kernel's out-of-memory killer: look at memory and "
                "work_mem. Signal 11 "
                "is a fault of PostgreSQL or of an extension: update it.",
                verify="The server's log and the kernel's.",
            ),
        )


def _logged(view: View, kind: LogKind) -> list[Row]:
    rows = view.rows(SectionName.LOGS)
    blind = unmeasured(view.window.section(SectionName.LOGS).quality)
    if kind in blind:
        raise Unmeasurable(blind[kind])
    return [row for row in rows if row["kind"] == kind]


RULES = (
    Rule("errors-in-log", "Errors in the log", (SectionName.LOGS,), errors),
    Rule("server-restarted", "The server was restarted", (SectionName.LOGS,), crashes),
)
