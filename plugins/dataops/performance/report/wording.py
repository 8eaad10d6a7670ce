"""Names of things as a report shows them."""

from __future__ import annotations

from collections.abc import Mapping

from dataops.performance.finding import Finding, Proof
from dataops.performance.logged_call import LoggedCall
from dataops.performance.proving.judging import BY_HYPOPG

HIDDEN = "(the role may not read this text)"
_SHORT = 64
_STATEMENT = "statement "
"""What stands before a fingerprint where it is the object of a finding."""


def short_statement(text: str | None, longest: int = _SHORT) -> str:
    """The beginning of a statement in one line."""
    if text is None:
        return HIDDEN
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def qualified(schema: str | None, name: str | None) -> str:
    """``schema.name``, without the schema where it is ``public``."""
    return f"{schema}.{name}" if schema and schema != "public" else str(name)


def spoken(text: str) -> list[tuple[bool, str]]:
    """The parts of a sentence, each with whether it is code: what stands between backticks."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick of its own, as in a name
        return [(False, text)]
    return [(bool(index % 2), part) for index, part in enumerate(parts) if part]


def call_of(finding: Finding, calls: Mapping[str, LoggedCall]) -> LoggedCall | None:
    """The slowest call of the statement that a finding is about, else of the first that it names."""
    named = [each.removeprefix(_STATEMENT) for each in (finding.object, *finding.related)]
    return next((calls[each] for each in named if each in calls), None)


def is_sql(text: str) -> bool:
    """Whether advice is SQL that can be copied, and no words: ``None is needed.``"""
    return text.rstrip().endswith(";")


def proof_word(proof: Proof) -> str:
    """What a proof amounts to: only what was measured with real data is proven."""
    if proof.helps is None:
        return "Not tried"
    if not proof.helps:
        return "Tried, and it does not help"
    return "Expected to help" if proof.by == BY_HYPOPG else "Proven"
