"""What sessions log when something goes wrong: errors, deadlocks, waits for locks, temporary files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dataops.performance.logs.columns import LogKind
from dataops.performance.logs.messages import masked, misquoted, unreadable
from dataops.performance.logs.normalising import normalise, tokens
from dataops.performance.logs.thing import Said, Thing

_WAIT_ENDS = re.compile(
    r"process \d+ (still waiting for|acquired) (\w+) on (.+) after ([\d.]+) ms", re.DOTALL
)
_RELATION = re.compile(r'(?:in|on|of) relation "([^"]+)"')
_PARTY = re.compile(r"^Process \d+: (.*?)(?=\n(?:Process \d+: )|\Z)", re.MULTILINE | re.DOTALL)
_COMMANDS = frozenset({
    *("alter", "analyze", "begin", "call", "checkpoint", "close", "cluster", "comment", "commit", "copy"),
    *("create", "deallocate", "declare", "delete", "discard", "do", "drop", "end", "execute", "explain"),
    *("fetch", "grant", "insert", "listen", "load", "lock", "merge", "move", "notify", "prepare", "reassign"),
    *("refresh", "reindex", "release", "reset", "revoke", "rollback", "savepoint", "security", "select"),
    *("set", "show", "start", "table", "truncate", "unlisten", "update", "vacuum", "values", "with"),
})
_FILE = re.compile(r'temporary file: path "[^"]*", size (\d+)')


def error(said: Said) -> Iterator[Thing]:
    """A WARNING or worse; a deadlock also by its parties."""
    text, told = masked(said.message, said.code, said.context), ""
    if unreadable(said.code, said.message):
        told = _command(said.statement)
    elif misquoted(said.code, said.message, said.statement):
        text, told = 'column "?" does not exist', normalise(_without_names(said.statement))
    else:
        told = normalise(said.statement)
    yield Thing(LogKind.ERROR, text, told, said.code, said.severity)
    if said.code == "40P01" or said.message.startswith("deadlock detected"):
        parties = sorted({normalise(party) for party in _PARTY.findall(said.detail)})
        yield Thing(LogKind.DEADLOCK, "\n".join(parties), relation_of(said.context))


def lock_wait(said: Said) -> Iterator[Thing]:
    """A wait counts when it is first told, and has its length when it ends with the lock."""
    match = _WAIT_ENDS.match(said.message)
    if not match:
        return
    ended = match[1] == "acquired"
    seconds = float(match[4]) / 1000 if ended else 0.0
    yield Thing(
        LogKind.LOCK_WAIT,
        normalise(said.statement),
        relation_of(said.context) or _object(match[3]),
        match[2],
        count=0 if ended else 1,
        total_seconds=seconds,
        max_seconds=seconds,
    )


def temp_file(said: Said) -> Iterator[Thing]:
    """A temporary file, which is told when it is deleted."""
    match = _FILE.match(said.message)
    if match:
        size = int(match[1])
        yield Thing(LogKind.TEMP_FILE, normalise(said.statement), bytes=size, max_bytes=size)


def relation_of(context: str) -> str:
    """The relation that a context such as ``while updating tuple (0,1) in relation "t"`` names."""
    match = _RELATION.search(context)
    return match[1] if match else ""


def _object(locked: str) -> str:
    """``relation 16384`` or the kind of what is locked: a transaction's number says nothing later."""
    match = re.match(r"(?:tuple \([\d,]+\) of )?(relation \d+)", locked)
    if match:
        return match[1]
    return re.sub(r" ?[\d/(\[].*", "", locked)


def _command(statement: str) -> str:
    """The first word of what is no SQL, where it is one of SQL's: anything may have been sent by mistake."""
    match = re.match(r"\s*([A-Za-z]+)\b", statement)
    word = match[1].lower() if match else ""
    return f"{word} …" if word in _COMMANDS else ""


def _without_names(statement: str) -> str:
    """The statement with ``?`` for whatever stands in double quotes and is no part of a dotted name."""
    parts = list(tokens(statement))
    edges = [("", ""), *parts, ("", "")]
    return "".join(
        "?" if kind == "name" and "dot" not in {edges[at][0], edges[at + 2][0]} else text
        for at, (kind, text) in enumerate(parts)
    )
