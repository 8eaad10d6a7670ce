"""WAL that is missing, damaged or never arrives, and recovery that stops in the wrong place."""

from __future__ import annotations

from collections.abc import Callable

from dataops.backup.physical.wal import position
from dataops.drill.rehearsal.fault import Family, Fault, Kind, NotInjectable
from dataops.drill.rehearsal.shelf import Shelf, cut_in_half, one_bit_flipped
from dataops.evidence.steps import StepReport

_WHY = "a logical backup needs no WAL"


def _fault(name: str, how: Callable[[Shelf], object], seen_by: str) -> Fault:
    return Fault(name, Family.WAL, Kind.STORE, how, seen_by, ("physical",), _WHY)


def _segments(shelf: Shelf) -> list[str]:
    """The archived segments from the backup's first on, in order."""
    copied, lsn = shelf.header.pgbackrest, shelf.header.lsn
    assert copied is not None
    found = [key for key in shelf.keys("/archive/") if len(_name(key)) == 24]
    first = copied.wal_start or ""
    needed = [key for key in found if _name(key) >= first]
    if not needed or lsn is None:
        raise NotInjectable("The copy holds no WAL of this backup.")
    return needed


def _name(key: str) -> str:
    return key.rsplit("/", 1)[-1].partition("-")[0]


def _first(shelf: Shelf) -> str:
    return _segments(shelf)[0]


def _after_the_backup(shelf: Shelf) -> list[str]:
    """The segments that only recovery to the manifest's moment needs."""
    copied = shelf.header.pgbackrest
    assert copied is not None
    found = [key for key in _segments(shelf) if _name(key) > (copied.wal_stop or "")]
    if not found:
        raise NotInjectable("The manifest's moment lies in the last segment that the backup itself needs.")
    return found


def _move(shelf: Shelf, bytes_: int) -> None:
    """Let the manifest name another position in the WAL."""
    assert shelf.header.lsn is not None
    at = position(shelf.header.lsn) + bytes_
    shelf.rewrite_header(lsn=f"{at >> 32:X}/{at & 0xFFFFFFFF:X}")


def _stops(shelf: Shelf, side: str) -> None:
    """Recovery stops one commit away from where the drill decided that it must."""

    def move(prepared: StepReport) -> None:
        point = prepared.data.get("point")
        boundary = point.get("boundary") if isinstance(point, dict) else None
        commit = boundary.get(side) if isinstance(boundary, dict) else None
        if not isinstance(commit, dict):
            raise NotInjectable(f"The drill knows no commit {side} the moment of the manifest.")
        at = position(str(commit["lsn"])) + (1 if side == "after" else 0)
        shelf.rewrite_header(lsn=f"{at >> 32:X}/{at & 0xFFFFFFFF:X}")

    shelf.between = move


FAULTS = (
    _fault("recovery stops one commit early", lambda shelf: _stops(shelf, "before"), "boundary"),
    _fault("recovery stops one commit late", lambda shelf: _stops(shelf, "after"), "boundary"),
    _fault("first segment of the backup missing", lambda shelf: shelf.remove(_first(shelf)), "drill"),
    _fault("gap behind the backup", lambda shelf: shelf.remove(_after_the_backup(shelf)[0]), "drill"),
    _fault(
        "all that followed the backup never archived",
        lambda shelf: shelf.remove(*_after_the_backup(shelf)),
        "drill",
    ),
    _fault("segment cut short", lambda shelf: shelf.change(_first(shelf), cut_in_half), "drill"),
    _fault(
        "one bit of a segment flipped", lambda shelf: shelf.change(_first(shelf), one_bit_flipped), "drill"
    ),
    _fault("segment of zero bytes", lambda shelf: shelf.put(_first(shelf), b""), "drill"),
    _fault("list of the archive missing", lambda shelf: shelf.remove(*shelf.keys("/archive.info")), "drill"),
    _fault("moment that the archive does not reach", lambda shelf: _move(shelf, 1 << 40), "drill"),
    _fault("moment before the end of the backup", lambda shelf: _move(shelf, -(1 << 26)), "drill"),
)
