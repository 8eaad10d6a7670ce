"""Hold what was observed on a restored server against what the manifest expects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from pydantic import JsonValue

from dataops.backup.manifest.details import Details, LargeObjects, SequenceState, TableContent


class Deviation(StrEnum):
    """How something differs. ``unseen``: the observer could not look, so nothing is proved about it."""

    MISSING = "missing"
    EXTRA = "extra"
    CHANGED = "changed"
    UNSEEN = "unseen"


class Difference(NamedTuple):
    """One thing that is not as the manifest says."""

    deviation: Deviation
    kind: str
    identity: str
    field: str = ""
    expected: JsonValue = None
    observed: JsonValue = None


_ALWAYS_THERE = {("schema", "public"), ("extension", "plpgsql")}
"""What every new database has: a restore adds them where the source had dropped them."""

_OF_FILES = {"extension.owner", "extension.functions"}
"""What only a restore of files brings back: a dump makes extensions anew. Older manifests do not tell it."""

_NOT_DUMPED = {"subscription.subenabled"} | _OF_FILES
"""A dump restores every subscription disabled, so that it does not consume the real one's slot."""

_SET_RIGHT = {"constraint.trigger_states", "table.detach_pending"}
"""What a dump makes whole: keys whose triggers the source had switched off, half-detached partitions."""


def differences(
    expected: Details, observed: Details, *, method: str = "logical", without: Collection[str] = ()
) -> list[Difference]:
    """All differences, sorted; an empty list means that the restored database equals the manifest.

    ``without`` names what the caller declares out of scope, as ``class`` or ``class.field``: ``role``
    for a restore without roles, ``table.tablespace`` for a server without tablespaces. What the
    manifest itself declares that it could not see is out of scope too; what only the observer could
    not see is a difference, ``unseen``.
    """
    declared = {blind.what for blind in expected.blind} | set(without)
    logical = method == "logical"
    found = [
        *_unseen(expected, observed, declared),
        *_definitions(expected, observed, declared | (_NOT_DUMPED if logical else set()), logical=logical),
        *_sequences(expected.sequences, observed.sequences, declared),
    ]
    if "table content" not in declared:
        found += _contents(expected, observed, logical=logical)
    if "large objects" not in declared:
        found += _large_objects(expected.large_objects, observed.large_objects)
    return sorted(found, key=lambda one: (one.kind, one.identity, one.field))


def _unseen(expected: Details, observed: Details, declared: Collection[str]) -> Iterator[Difference]:
    for blind in observed.blind:
        if blind.what not in declared:
            yield Difference(Deviation.UNSEEN, blind.what, "", observed=blind.reason)


def _definitions(
    expected: Details, observed: Details, declared: Collection[str], *, logical: bool
) -> Iterator[Difference]:
    blind = {one.what for one in observed.blind}
    ours = {one[:2]: one.facts for one in expected.definitions if one.kind not in declared}
    theirs = {one[:2]: one.facts for one in observed.definitions if one.kind not in declared}
    for (kind, identity), facts in ours.items():
        if kind in blind:
            continue
        other = theirs.get((kind, identity))
        if other is not None:
            yield from _facts(kind, identity, facts, other, declared, logical=logical)
        elif not (logical and kind == "index" and facts.get("valid") is False):  # a dump leaves those out
            yield Difference(Deviation.MISSING, kind, identity, expected=dict(facts))
    added = {name for kind, name in _ALWAYS_THERE - ours.keys()} if logical else set()
    for kind, identity in theirs.keys() - ours.keys():
        if identity not in added:
            yield Difference(Deviation.EXTRA, kind, identity, observed=dict(theirs[kind, identity]))


def _facts(
    kind: str,
    identity: str,
    ours: Mapping[str, JsonValue],
    theirs: Mapping[str, JsonValue],
    declared: Collection[str],
    *,
    logical: bool,
) -> Iterator[Difference]:
    for field in sorted(ours.keys() | theirs.keys()):
        name = f"{kind}.{field}"
        untold = name in _OF_FILES and field not in ours
        set_right = logical and name in _SET_RIGHT and field not in theirs
        if ours.get(field) == theirs.get(field) or name in declared or untold or set_right:
            continue
        yield Difference(Deviation.CHANGED, kind, identity, field, ours.get(field), theirs.get(field))


def _sequences(
    ours: tuple[SequenceState, ...], theirs: tuple[SequenceState, ...], declared: Collection[str]
) -> Iterator[Difference]:
    """A restored sequence stands where it was read before the dump, or further on."""
    there = {state.identity: state for state in theirs}
    for state in ours:
        other = there.get(state.identity)
        if other is None or state.cycles or "sequence" in declared:
            continue  # a missing one is missed among the definitions; one that cycles has no further on
        behind = (
            other.next_value < state.next_value if state.ascending else other.next_value > state.next_value
        )
        if behind:
            yield Difference(
                Deviation.CHANGED,
                "sequence",
                state.identity,
                "next value",
                state.next_value,
                other.next_value,
            )


def _contents(expected: Details, observed: Details, *, logical: bool) -> Iterator[Difference]:
    there = {table.identity: table for table in observed.tables}
    same_hash = expected.algorithm == observed.algorithm
    if not same_hash and any(table.hash is not None for table in expected.tables):
        yield Difference(
            Deviation.UNSEEN, "table content", "", "algorithm", expected.algorithm, observed.algorithm
        )
    for table in expected.tables:
        other = there.get(table.identity)
        if table.rows is None or (table.unlogged and not logical):
            continue  # nothing was claimed; recovery empties unlogged tables
        if other is None or other.rows is None:
            yield Difference(Deviation.UNSEEN, "table content", table.identity, expected=table.rows)
        else:
            yield from _content(table, other, same_hash=same_hash)


def _content(table: TableContent, other: TableContent, *, same_hash: bool) -> Iterator[Difference]:
    for field in ("rows", "hash", "condition"):
        ours, theirs = getattr(table, field), getattr(other, field)
        claimed = field != "hash" or (ours is not None and same_hash)
        if ours != theirs and claimed:
            yield Difference(Deviation.CHANGED, "table content", table.identity, field, ours, theirs)


def _large_objects(ours: LargeObjects | None, theirs: LargeObjects | None) -> Iterator[Difference]:
    if ours is None:
        return
    if theirs is None:
        yield Difference(Deviation.UNSEEN, "large objects", "", expected=ours.count)
        return
    for field in ("count", "bytes", "hash"):
        if getattr(ours, field) != getattr(theirs, field):
            yield Difference(
                Deviation.CHANGED, "large objects", "", field, getattr(ours, field), getattr(theirs, field)
            )
