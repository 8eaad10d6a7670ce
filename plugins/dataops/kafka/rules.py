"""Rules in CEL: compiled once, checked for what they may speak about, answered with true or false only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

_FIELD = re.compile(r"\btopic\.([a-z_]+)")
_TOPIC = re.compile(r"\btopic\b")

VARIABLES = frozenset({"topic", "cluster"})
"""What a rule may speak about."""

Program = Callable[[Mapping[str, Any]], bool]
"""From what is known of a topic to whether the rule holds; raises ``RuleFailed`` where it cannot tell."""


class RuleFailed(Exception):
    """A rule is no CEL, or gave no true or false; the message says why, as the end of a sentence."""


@lru_cache(maxsize=256)
def compiled(expression: str) -> Program:
    """The program of an expression. Raises ``RuleFailed`` where it is no CEL or names what is not there."""
    import cel

    try:
        program = cel.compile(expression)
        _try_on_nothing(program)
    except ValueError as error:
        reason = str(error).splitlines()[0].partition("ERROR: ")[2] or "it cannot be parsed"
        raise RuleFailed(f"is no expression in CEL: {reason}") from None

    fields = _fields_of(expression)
    names = VARIABLES & set(program.variables())

    def run(facts: Mapping[str, Any]) -> bool:
        given = {name: facts[name] for name in names}
        if fields is not None and "topic" in given:
            given["topic"] = {name: value for name, value in given["topic"].items() if name in fields}
        try:
            answer = program.execute(given)
        except (KeyError, ValueError, RuntimeError, TypeError) as error:
            raise RuleFailed(f"it ends with {type(error).__name__}: {str(error)[:200]}") from None
        if not isinstance(answer, bool):
            raise RuleFailed(f"it answers {answer!r}, neither true nor false")
        return answer

    return run


def _fields_of(expression: str) -> frozenset[str] | None:
    """The fields of ``topic`` that an expression names; None where it may use any.

    Handing a program its values takes longer than running it, so it gets no more than it asks for.
    """
    named = _FIELD.findall(expression)
    return frozenset(named) if len(named) == len(_TOPIC.findall(expression)) else None


def _try_on_nothing(program: Any) -> None:
    """Functions that do not exist are told by running only; what depends on the topic is not judged here."""
    bound = set(program.variables()) - VARIABLES
    try:
        program.execute({name: _SAMPLE[name] for name in VARIABLES})
    except RuntimeError as error:
        if "Undefined variable or function" in str(error):
            name = str(error).partition(": ")[2].partition(".")[0].strip("'") or ", ".join(sorted(bound))
            raise RuleFailed(
                f"names {name}, which does not exist: a rule speaks about topic and cluster"
            ) from None
    except (KeyError, ValueError, TypeError) as error:
        if isinstance(error, KeyError) and error.args and error.args[0] not in _SAMPLE["topic"]["configs"]:
            _check_field(str(error.args[0]), program.source)


def _check_field(name: str, source: str) -> None:
    """A field that no topic has is a misspelling; a config that this one lacks is none."""
    if f"topic.{name}" in source or f"cluster.{name}" in source:
        fields = sorted({*_SAMPLE["topic"], *_SAMPLE["cluster"]})
        near = get_close_matches(name, fields, n=1)
        hint = f". Did you mean {near[0]}?" if near else f": topics have {', '.join(fields)}"
        raise RuleFailed(f"names the field {name}, which no topic has{hint}") from None


_SAMPLE: dict[str, dict[str, Any]] = {
    "topic": {
        "name": "payments.orders.v1",
        "partitions": 3,
        "replication_factor": 3,
        "configs": {"retention.ms": "604800000", "cleanup.policy": "delete", "min.insync.replicas": "2"},
        "description": "Orders",
        "owner": "payments",
        "team": "payments",
        "classification": "internal",
        "profile": "",
        "protected": False,
    },
    "cluster": {"name": "main", "environment": "prod"},
}
"""A topic with every field that a rule can ask about."""
