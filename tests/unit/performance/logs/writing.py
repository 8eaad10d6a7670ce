"""Entries as PostgreSQL writes them, in each format."""

from __future__ import annotations

import json
from dataclasses import dataclass

STAMP = "2026-11-27 15:06:09.123 UTC"
PREFIX = "%m [%p] %q%u@%d %e "


@dataclass(frozen=True)
class Entry:
    message: str
    stamp: str = STAMP
    severity: str = "LOG"
    code: str = "00000"
    database: str | None = "shop"
    detail: str = ""
    context: str = ""
    statement: str = ""
    queryid: int = 0
    pid: int = 4711


def jsonlog(*entries: Entry) -> bytes:
    return b"".join(json.dumps(_object(entry), separators=(",", ":")).encode() + b"\n" for entry in entries)


def _object(entry: Entry) -> dict[str, object]:
    fields: dict[str, object] = {
        "timestamp": entry.stamp,
        "user": "app",
        "dbname": entry.database,
        "pid": entry.pid,
        "session_id": "6747.1a",
        "line_num": 1,
        "error_severity": entry.severity,
        "state_code": entry.code,
        "message": entry.message,
        "detail": entry.detail,
        "context": entry.context,
        "statement": entry.statement,
        "backend_type": "client backend",
        "query_id": entry.queryid,
    }
    return {name: value for name, value in fields.items() if value not in {None, ""}}


def csvlog(*entries: Entry) -> bytes:
    return "".join(
        f"{e.stamp},{_quoted('app')},{_quoted(e.database)},{e.pid},,6747.1a,1,,{e.stamp},3/1,0,{e.severity},{e.code},"
        f"{_quoted(e.message)},{_quoted(e.detail)},,,,{_quoted(e.context)},{_quoted(e.statement)},,,"
        f"{_quoted('web')},{_quoted('client backend')},,{e.queryid}\n"
        for e in entries
    ).encode()


def _quoted(text: str | None) -> str:
    return '"' + text.replace('"', '""') + '"' if text else ""


def stderr(*entries: Entry) -> bytes:
    lines = []
    for entry in entries:
        session = f"app@{entry.database} {entry.code} " if entry.database else ""
        said = {
            entry.severity: entry.message,
            "DETAIL": entry.detail,
            "CONTEXT": entry.context,
            "STATEMENT": entry.statement,
        }
        for word, text in said.items():
            if text:
                indented = text.replace("\n", "\n\t")
                lines.append(f"{entry.stamp} [{entry.pid}] {session}{word}:  {indented}\n")
    return "".join(lines).encode()
