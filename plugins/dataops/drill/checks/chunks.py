"""Many small relations looked at by one statement; one by one only where that statement met damage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from dataops.drill.checks.looking import Look, is_damage, reason_of
from dataops.drill.checks.registry import Item

AT_ONCE = 200
SMALL = 8 << 20
"""Bytes: larger relations are looked at alone."""


class Relation(NamedTuple):
    """One relation with storage."""

    name: str
    oid: int
    size: int


def chunks(relations: Sequence[Relation], what: str) -> list[Item]:
    """Large relations each as an item, small ones together."""
    small = [each for each in relations if each.size <= SMALL]
    items = [
        Item(name=each.name, table=each.name, size=each.size, about=(each,))
        for each in relations
        if each.size > SMALL
    ]
    for start in range(0, len(small), AT_ONCE):
        some = tuple(small[start : start + AT_ONCE])
        name = some[0].name if len(some) == 1 else f"{len(some)} {what} from {some[0].name} on"
        items.append(Item(name=name, table=some[0].name, size=sum(each.size for each in some), about=some))
    return items


def each_of(
    look: Look, item: Item, ask: Callable[[Look, Sequence[Relation]], Iterable[str]]
) -> Iterator[str]:
    """What ``ask`` says of all relations of a chunk; where one is damaged, of each by itself."""
    try:
        yield from list(ask(look, item.about))
        return
    except Exception as error:
        if not is_damage(error):
            raise
        if len(item.about) == 1:
            yield f"{item.about[0].name}: {reason_of(error)}"
            return
    for relation in item.about:
        try:
            yield from list(ask(look, (relation,)))
        except Exception as error:
            if not is_damage(error):
                raise
            yield f"{relation.name}: {reason_of(error)}"
