"""Definitions of every object class of a database and the roles around it, by name and without OIDs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from pydantic import JsonValue

from dataops.backup.manifest.details import Blind, Definition
from dataops.backup.manifest.errors import DefinitionsChanged, LockWaitExceeded
from dataops.backup.manifest.normalise import normalised

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

    from dataops.store import Keys

_SECRET = re.compile(r"pass|secret|token|credential|conninfo|private|api_?key|access_?key", re.IGNORECASE)
_VANISHED = {"XX000", "42P01", "42883", "42704", "42703"}
"""What the server says of an object that was dropped while it was being described."""


class Definitions(NamedTuple):
    """What is defined, sorted by class and name, and what the role may not see of it."""

    seen: tuple[Definition, ...]
    blind: tuple[Blind, ...]


Answer = list[tuple[str | None, dict[str, JsonValue]]]
"""Identity and facts of each object; ``hidden`` among the facts says why the class cannot be told whole."""


class Question(NamedTuple):
    """One file of SQL about one class of objects."""

    kind: str
    statement: str
    since: int


def read_definitions(cursor: Cursor, keys: Keys) -> Definitions:
    """Everything that is defined now, to an open READ COMMITTED transaction; secrets as keyed HMACs.

    What the role may not read is told in ``blind``. Raises ``DefinitionsChanged`` where an object
    vanished in the middle, ``LockWaitExceeded`` where one is being changed for longer than ``lock_timeout``.
    """
    seen: list[Definition] = []
    blind: list[Blind] = []
    for question in questions():
        if cursor.connection.server_version < question.since * 10000:
            continue
        answer = _ask(cursor, question)
        hidden = _hidden(question.kind, answer)
        if hidden is not None:
            blind.append(hidden)
        else:
            seen += (_definition(question.kind, identity, facts, keys) for identity, facts in answer)
    return Definitions(tuple(sorted(seen, key=lambda one: one[:2])), tuple(blind))


@cache
def questions() -> tuple[Question, ...]:
    """All questions: a class is named after its file, ``user_mapping.sql`` asks for each ``user mapping``."""
    return tuple(_questions("definitions", "identify")) + tuple(_questions("globals", "matter"))


def _questions(folder: str, frame: str) -> Iterator[Question]:
    sql = files(__package__) / "sql"
    around = (sql / f"{frame}.sql").read_text(encoding="utf-8")
    for file in sorted((sql / folder).iterdir(), key=lambda file: file.name):
        text = file.read_text(encoding="utf-8")
        since = re.search(r"^-- since (\d+)$", text, re.MULTILINE)
        whole = around.replace("{question}", text)
        if "-- Members of extensions included." in text:
            whole = whole.replace("member.deptype = 'e'", "false")
        yield Question(file.name.removesuffix(".sql").replace("_", " "), whole, int(since[1]) if since else 0)


def _ask(cursor: Cursor, question: Question) -> Answer:
    import psycopg2

    cursor.execute("SAVEPOINT question")
    try:
        cursor.execute(question.statement)
        answer: Answer = cursor.fetchall()
    except psycopg2.errors.InsufficientPrivilege as error:
        answer = [(None, {"hidden": str(error.diag.message_primary)})]
    except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected) as error:
        raise LockWaitExceeded(
            f"A {question.kind} is being changed by another session: end its migration, then run again."
        ) from error
    except psycopg2.Error as error:
        if error.pgcode in _VANISHED:
            raise DefinitionsChanged(
                f"DDL during backup: a {question.kind} vanished while it was being read "
                f"({error.diag.message_primary}). Run again."
            ) from error
        raise
    # not only after errors: it frees the locks that describing views and rules took
    cursor.execute("ROLLBACK TO SAVEPOINT question; RELEASE SAVEPOINT question")
    return answer


def _hidden(kind: str, answer: Answer) -> Blind | None:
    reasons = (facts["hidden"] for _, facts in answer if "hidden" in facts)
    reason = next(reasons, None)
    return None if reason is None else Blind(what=kind, reason=str(reason))


def _definition(kind: str, identity: str | None, facts: Mapping[str, JsonValue], keys: Keys) -> Definition:
    if identity is None:
        raise DefinitionsChanged(f"DDL during backup: a {kind} vanished while it was being read. Run again.")
    return Definition(
        kind, identity, {name: _safe(name, normalised(fact), keys) for name, fact in facts.items()}
    )


def _safe(name: str, fact: JsonValue, keys: Keys) -> JsonValue:
    """The fact, where it is or holds a secret as a keyed HMAC: equal where the secret is equal."""
    if name == "secrets":
        return str(keys.hmac(repr(fact)))
    if name in {"fdw_options", "settings"} and isinstance(fact, list):
        options: list[JsonValue] = [_safe_option(str(option), keys) for option in fact]
        return sorted(options, key=str)
    return fact


def _safe_option(option: str, keys: Keys) -> str:
    name, _, value = option.partition("=")
    return f"{name}={keys.hmac(value)}" if _SECRET.search(name) else option
