"""The ledger: read from its files, and believed only where every line is bound to what was told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops.failover.canary.chain import BEGINNING, Head, Heads, next_chain
from dataops.failover.canary.errors import LedgerUntrusted
from dataops.failover.canary.ledger_file import SUFFIX
from dataops.failover.canary.write import Look, Outcome, Write


@dataclass(frozen=True)
class Ledger:
    """What the canary did in one run. Its writes and looks are in the order of ``n``, without a gap."""

    run: str
    sessions: Mapping[int, tuple[Write, ...]]
    looks: tuple[Look, ...]
    heads: Heads
    """Of what was read."""
    ended: bool
    """Whether every session ended in an orderly way, so that no write was under way at the end."""

    @property
    def writes(self) -> tuple[Write, ...]:
        """The writes of all sessions, by the time of their answer."""
        every = (write for writes in self.sessions.values() for write in writes)
        return tuple(sorted(every, key=lambda write: write.answered))

    @property
    def acknowledged(self) -> tuple[Write, ...]:
        """The writes that were acknowledged, by the time of their answer."""
        return tuple(write for write in self.writes if write.acknowledged)


def read(folder: Path, heads: Heads) -> Ledger:
    """The ledger in a folder, checked against the heads that the canary told: see ``verified``."""
    return verified({path.stem: path.read_bytes() for path in sorted(folder.glob(f"*{SUFFIX}"))}, heads)


def verified(files: Mapping[str, bytes], heads: Heads) -> Ledger:
    """The ledger that these files hold, by the names that ``heads`` has.

    A file may be longer than what was told of it, for the canary tells it after writing. It may end in half a
    line where the canary was killed. All else raises ``LedgerUntrusted``: a line that is not bound to the one
    before, fewer lines than were told or others, a number left out, a file too few or too many.
    """
    if not heads:
        raise LedgerUntrusted("The canary told nothing of its ledger, so nobody can vouch for it.")
    if wrong := sorted(set(files) ^ set(heads)):
        raise LedgerUntrusted(
            f"The ledger has the files {', '.join(sorted(files)) or 'none'}, but the canary told of "
            f"{', '.join(sorted(heads))}: {', '.join(wrong)} is missing or was added."
        )
    pages = {name: _Page.of(name, files[name], heads[name]) for name in sorted(files)}
    runs = {page.run for page in pages.values()}
    if len(runs) != 1:
        raise LedgerUntrusted(f"The ledger's files are of several runs: {', '.join(sorted(runs))}.")
    return Ledger(
        run=runs.pop(),
        sessions={page.begin["session"]: page.writes for page in pages.values() if "session" in page.begin},
        looks=tuple(look for page in pages.values() for look in page.looks),
        heads={name: page.head for name, page in pages.items()},
        ended=all(page.ended for page in pages.values()),
    )


@dataclass(frozen=True)
class _Page:
    """One file."""

    begin: Mapping[str, Any]
    writes: tuple[Write, ...]
    looks: tuple[Look, ...]
    head: Head
    ended: bool

    @property
    def run(self) -> str:
        return str(self.begin["run"])

    @classmethod
    def of(cls, name: str, content: bytes, told: Head) -> _Page:
        entries, head = _entries(name, content, told)
        if not entries:
            raise LedgerUntrusted(f"{name}{SUFFIX} is empty: its session never began.")
        begin, *rest = entries
        if begin.get("kind") != "begin" or begin.get("name") != name:
            raise LedgerUntrusted(f"{name}{SUFFIX}:1 does not begin the ledger of {name}.")
        ended = bool(rest) and rest[-1].get("kind") == "end"
        body = rest[:-1] if ended else rest
        try:
            writes = tuple(_write(entry) for entry in body if entry["kind"] == "write")
            looks = tuple(_look(entry) for entry in body if entry["kind"] == "look")
        except (KeyError, TypeError, ValueError) as error:
            raise LedgerUntrusted(f"{name}{SUFFIX} holds an entry that cannot be read: {error!r}.") from error
        if len(writes) + len(looks) != len(body):
            raise LedgerUntrusted(f"{name}{SUFFIX} holds entries that are neither writes nor looks.")
        _in_order(name, [*writes, *looks])
        return cls(begin, writes, looks, head, ended)


def _entries(name: str, content: bytes, told: Head) -> tuple[list[dict[str, Any]], Head]:
    """The lines of a file as JSON, each checked against the one before, and all against what was told."""
    whole = content[: content.rfind(b"\n") + 1]  # half a line was never told
    chain = BEGINNING
    entries = []
    for number, line in enumerate(whole.splitlines(), start=1):
        written, _, body = line.partition(b" ")
        chain = next_chain(chain, body)
        if written.decode(errors="replace") != chain:
            raise LedgerUntrusted(
                f"{name}{SUFFIX}:{number} is not bound to the lines before it: the ledger was changed."
            )
        if number == told.lines and chain != told.chain:
            raise LedgerUntrusted(
                f"{name}{SUFFIX}:{number} is not the line that the canary told of: it was written again."
            )
        entries.append(json.loads(body))
    if len(entries) < told.lines:
        raise LedgerUntrusted(
            f"{name}{SUFFIX} has {len(entries)} lines, the canary told of {told.lines}: its end is missing."
        )
    return entries, Head(len(entries), chain)


def _in_order(name: str, entries: Sequence[Write | Look]) -> None:
    """Nothing, where every number is there and no time runs backwards."""
    answered = float("-inf")
    for number, entry in enumerate(entries, start=1):
        if entry.n != number:
            raise LedgerUntrusted(f"{name}{SUFFIX} lacks number {number}: {entry.n} stands in its place.")
        if not answered <= entry.sent <= entry.answered:
            raise LedgerUntrusted(f"{name}{SUFFIX}: number {number} was answered before it was sent.")
        answered = entry.answered


def _write(entry: Mapping[str, Any]) -> Write:
    told = {name: value for name, value in entry.items() if name != "kind"}
    told |= {"outcome": Outcome(told["outcome"]), "warnings": tuple(told.get("warnings", ()))}
    return Write(**told)


def _look(entry: Mapping[str, Any]) -> Look:
    told = {name: value for name, value in entry.items() if name != "kind"}
    told["seen"] = {int(session): n for session, n in told.get("seen", {}).items()}
    return Look(**told)
