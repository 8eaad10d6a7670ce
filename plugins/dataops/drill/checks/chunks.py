"""Many small relations looked at by one statement; one by one only where that statement met damage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from zlib import crc32

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
    """Large relations each as an item, small ones together.

    Which group a relation is in hangs on its name alone, so that groups keep their turns from night to night.
    """
    small = [each for each in relations if each.size <= SMALL]
    items = [
        Item(name=each.name, table=each.name, size=each.size, about=(each,))
        for each in relations
        if each.size > SMALL
    ]
    groups = 1 << max(0, (len(small) - 1) // AT_ONCE).bit_length()
    for number in range(groups):
        some = tuple(each for each in small if crc32(each.name.encode()) % groups == number)
        if some:
            size = sum(each.size for each in some)
            items.append(
                Item(name=f"small {what}, group {number + 1} of {groups}", table="", size=size, about=some)
            )
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
