"""The checks of a drill, by name. To add one, write a function in a module here and decorate it.

A check of a database or server takes a ``Look`` and returns a ``Finding``, or several::

    @check("no table is empty", expected="rows in every table")
    def not_empty(look: Look) -> Finding:
        empty = [name for name, in look.query("SELECT …")]
        return of_faults([f"{name} is empty" for name in empty], "none is empty")

A check of rows names the relations that it looks at, and says what is wrong with one of them; the drill
spreads them over its connections, largest first, and in ``budgeted`` mode over several nights::

    @check_of_rows("foreign keys", items=foreign_keys, expected="no orphaned rows")
    def orphans(look: Look, item: Item) -> Iterable[str]: …

Whatever a function raises makes the check inconclusive, so that it need not catch anything. A module takes
effect once its name stands in ``MODULES``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from pydantic import JsonValue

from dataops.drill.checks.finding import Finding
from dataops.drill.restored import Method

if TYPE_CHECKING:
    from dataops.drill.checks.looking import Look

MODULES = (
    "restore_log",
    "identity",
    "definitions",
    "contents",
    "extensions",
    "collations",
    "roles",
    "logins",
    "rights",
    "sequences",
    "system_catalogs",
    "large_objects",
    "materialized_views",
    "unlogged",
    "full_read",
    "generated_columns",
    "foreign_keys",
    "unique_keys",
    "heap_pages",
    "visibility_maps",
    "btree_indexes",
    "other_indexes",
    "page_checksums",
    "expectations",
    "smoke",
    "freshness",
)
"""In the order in which the evidence shows their lines."""

Scope = Literal["server", "database"]
When = Literal["first", "before", "beside", "last"]
"""``first``: before anything else touches the server. ``before``: takes locks for a moment, which
would wait for those of long checks. ``beside``: all at once. ``last``: after all others."""

BOTH: tuple[Method, ...] = ("logical", "physical")
PHYSICAL: tuple[Method, ...] = ("physical",)

LookAt = Callable[["Look"], Finding | Iterable[Finding]]


@dataclass(frozen=True)
class Item:
    """One relation of a check of rows. ``size`` in bytes orders the work; ``about`` is the check's own."""

    name: str
    table: str
    size: int = 0
    about: Any = None
    rank: int | None = None
    """Of budgeted mode: higher ones come first, whatever their size."""
    part: tuple[int, int] = (0, 1)
    """Which of how many parts: a table larger than a night's budget is looked at in parts."""
    declared: str = ""
    """Why nothing is claimed of it; then it is told, and not looked at."""


ItemsOf = Callable[["Look"], Sequence[Item]]
LookAtItem = Callable[["Look", Item], Iterable[str]]


@dataclass(frozen=True)
class Registered:
    """One check: its stable name, what it looks at, and after which methods it means something."""

    name: str
    scope: Scope
    methods: tuple[Method, ...]
    expected: JsonValue
    elsewhere: str = ""
    """Why it is not applicable after other methods."""
    when: When = "beside"
    look: LookAt | None = None
    items: ItemsOf | None = None
    look_at_item: LookAtItem | None = None
    budgeted: bool = True
    divisible: bool = False
    """Whether an item may be looked at in parts."""

    @property
    def module(self) -> str:
        """Where it was registered."""
        function = self.look or self.look_at_item
        assert function is not None
        return function.__module__


_REGISTERED: list[Registered] = []


def check(
    name: str,
    *,
    scope: Scope = "database",
    methods: tuple[Method, ...] = BOTH,
    expected: JsonValue = None,
    elsewhere: str = "",
    when: When = "beside",
) -> Callable[[LookAt], LookAt]:
    """Register a function of a ``Look`` that returns one ``Finding`` or several."""

    def register(look: LookAt) -> LookAt:
        _add(Registered(name, scope, methods, expected, elsewhere, when, look=look))
        return look

    return register


def check_of_rows(
    name: str,
    *,
    items: ItemsOf,
    methods: tuple[Method, ...] = BOTH,
    expected: JsonValue = None,
    elsewhere: str = "",
    budgeted: bool = True,
    divisible: bool = False,
) -> Callable[[LookAtItem], LookAtItem]:
    """Register a function that yields what is wrong with one relation; ``items`` names the relations."""

    def register(look: LookAtItem) -> LookAtItem:
        _add(
            Registered(
                name,
                "database",
                methods,
                expected,
                elsewhere,
                items=items,
                look_at_item=look,
                budgeted=budgeted,
                divisible=divisible,
            )
        )
        return look

    return register


@cache
def registered() -> tuple[Registered, ...]:
    """Every check of every module of ``MODULES``, in that order."""
    for name in MODULES:
        import_module(f"{__package__}.{name}")
    places = {f"{__package__}.{name}": place for place, name in enumerate(MODULES)}
    found = [one for one in _REGISTERED if one.module in places]
    return tuple(sorted(found, key=lambda one: places[one.module]))


def _add(one: Registered) -> None:
    if any(other.name == one.name for other in _REGISTERED):
        raise ValueError(f"Two checks are named {one.name!r}: the evidence could not tell them apart.")
    _REGISTERED.append(one)
