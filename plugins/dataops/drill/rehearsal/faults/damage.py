"""Bytes of the restored files that are not what they were: pages zeroed, cut off, edited."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from dataops.drill.rehearsal import page
from dataops.drill.rehearsal.fault import Family, Fault, Kind, Method, NotInjectable
from dataops.drill.rehearsal.finding import table_with_rows
from dataops.drill.rehearsal.stage import Stage

Damage = Callable[[Path], None]
BOTH: tuple[Method, ...] = ("logical", "physical")
PHYSICAL: tuple[Method, ...] = ("physical",)
_BUILT_ANEW = "a logical restore builds every index anew, so no damage of one can come from the backup"
_LARGEST = table_with_rows(f"pg_relation_size(c.oid) >= {3 * page.SIZE}")


def _fault(
    name: str, relation: str, damage: Damage, seen_by: str, methods: tuple[Method, ...] = BOTH
) -> Fault:
    """A fault of the first file of a relation, which is a name or a query for one."""

    def put_in(stage: Stage) -> None:
        chosen = relation
        if relation.startswith("SELECT"):
            chosen = str(stage.find(relation)["relation"])
        file = stage.path(chosen)
        if file.stat().st_size < 2 * page.SIZE:
            raise NotInjectable(f"{chosen} has too few pages to damage one.")
        damage(file)

    return Fault(name, Family.DATA, Kind.COPY, put_in, seen_by, methods, _BUILT_ANEW)


def _last_page_lost(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size - page.SIZE)


def _edited(old: bytes, new: bytes) -> Damage:
    """A value replaced by one of the same length in the page that holds it, whose checksum is valid again."""

    def damage(file: Path) -> None:
        at = file.read_bytes().find(old)
        if at < 0:
            raise NotInjectable("The value to be edited is not in the file.")
        page.overwrite(file, at // page.SIZE, new, at % page.SIZE, valid=True)

    return damage


def _from_the_future(file: Path) -> None:
    """The first row's transaction id is one that was never given out."""
    first = file.read_bytes()[: page.SIZE]
    offset = int.from_bytes(first[24:28], "little") & 0x7FFF
    page.overwrite(file, 0, (0x7FFFFFF0).to_bytes(4, "little"), offset, valid=True)
    header = file.read_bytes()[offset + 20 : offset + 22]
    unhinted = int.from_bytes(header, "little") & ~0x0300  # HEAP_XMIN_COMMITTED and HEAP_XMIN_INVALID
    page.overwrite(file, 0, unhinted.to_bytes(2, "little"), offset + 20, valid=True)


def _map_of_another_moment(stage: Stage) -> None:
    """The map calls every page all-visible, also the one that still holds an old version of a row."""
    table = stage.path("rehearsal.purchase")
    file = table.with_name(f"{table.name}_vm")
    file.write_bytes(page.map_page(b"\x55" * 64))
    owner = table.stat()
    os.chown(file, owner.st_uid, owner.st_gid)
    file.chmod(0o600)


_NOTHING = b"\0" * page.SIZE
_NOISE = bytes(range(256)) * (page.SIZE // 256)
_TOAST = "SELECT reltoastrelid::regclass AS relation FROM pg_class WHERE oid = 'rehearsal.long'::regclass"

FAULTS = (
    _fault("page of a table zeroed", _LARGEST, lambda file: page.overwrite(file, 1, _NOTHING), "row counts"),
    _fault(
        "page of a table overwritten", _LARGEST, lambda file: page.overwrite(file, 1, _NOISE), "full read"
    ),
    _fault("last page of a table lost", _LARGEST, _last_page_lost, "row counts"),
    _fault("file of a table missing", _LARGEST, Path.unlink, "full read"),
    _fault(
        "value edited in its page",
        "rehearsal.bulk",
        _edited(b"08f90c1a417155361a5c4b8d297e0d78", b"08f90c1a417155361a5c4b8d297e0d79"),
        "content hashes",
    ),
    _fault("row of a transaction that never was", "rehearsal.bulk", _from_the_future, "row counts"),
    _fault("page of long values zeroed", _TOAST, lambda file: page.overwrite(file, 1, _NOTHING), "full read"),
    _fault(
        "page of long values overwritten", _TOAST, lambda file: page.overwrite(file, 1, _NOISE), "full read"
    ),
    _fault(
        "page of an index zeroed",
        "rehearsal.bulk_number",
        lambda file: page.overwrite(file, 1, _NOTHING),
        "btree indexes",
        PHYSICAL,
    ),
    _fault("last page of an index lost", "rehearsal.bulk_number", _last_page_lost, "btree indexes", PHYSICAL),
    _fault(
        "key edited in an index",
        "rehearsal.customer_name",
        _edited(b"customer 57", b"customer 07"),
        "btree indexes",
        PHYSICAL,
    ),
    _fault(
        "page of an index with another checksum",
        "rehearsal.bulk_number",
        lambda file: page.overwrite(file, 1, b"\1\2", 8),
        "page checksums",
        PHYSICAL,
    ),
    Fault(
        "visibility map of another moment",
        Family.DATA,
        Kind.COPY,
        _map_of_another_moment,
        "visibility maps",
        PHYSICAL,
        "a logical restore writes every map anew",
    ),
)
