"""Samples in the object store: ``samples/<server>/<scope>/<YYYY>/<MM>/<DD>/<HHMMSS.ffffff>[.whole].parquet``.

The scope is ``server`` for what is told once a server, ``databases/<database>`` for one of its databases. The
time in the key is ``taken``, so that keys sort as the samples were taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dataops.performance.samples.sample import Sample, to_parquet
from dataops.store import ObjectStore

SERVER = "server"
KEPT = timedelta(days=35)
"""How long samples are kept unless the inventory says otherwise: four weeks of a weekday, and some."""

_KEY = re.compile(r"/(\d{4})/(\d\d)/(\d\d)/(\d{6}\.\d{6})(\.whole)?\.parquet$")


@dataclass(frozen=True)
class Kept:
    """A sample that lies in the store."""

    key: str
    taken: datetime
    whole: bool
    size: int
    sha256: str = ""


def database_scope(database: str) -> str:
    """The scope of a database, by its name in the inventory."""
    return f"databases/{database}"


def prefix_of(server: str, scope: str) -> str:
    """What the keys of a scope begin with."""
    return f"samples/{server}/{scope}/"


def key_of(server: str, scope: str, taken: datetime, *, whole: bool) -> str:
    """Where a sample lies."""
    at = taken.astimezone(UTC)
    return f"{prefix_of(server, scope)}{at:%Y/%m/%d/%H%M%S.%f}{'.whole' if whole else ''}.parquet"


def keep(store: ObjectStore, sample: Sample) -> Kept:
    """The sample, written. There is never one of this key: the time is part of it."""
    header = sample.header
    key = key_of(header.server, header.scope, header.taken, whole=header.whole)
    stored = store.put(key, to_parquet(sample))
    return Kept(key, header.taken, header.whole, stored.size, stored.sha256)


def kept(store: ObjectStore, server: str, scope: str, *, since: datetime, until: datetime) -> Iterator[Kept]:
    """The samples of a scope taken from ``since`` to ``until``, both included, in order."""
    for day in _days(since, until):
        for listed in store.list(f"{prefix_of(server, scope)}{day:%Y/%m/%d}/"):
            found = _parsed(listed.key, listed.size)
            if found is not None and since <= found.taken <= until:
                yield found


def newest_before(
    store: ObjectStore, server: str, scope: str, moment: datetime, *, within: timedelta
) -> Kept | None:
    """The last sample taken before a moment and not longer before it than ``within``."""
    found = list(kept(store, server, scope, since=moment - within, until=moment))
    return found[-1] if found else None


def span(store: ObjectStore, server: str, scope: str = SERVER) -> tuple[datetime, datetime] | None:
    """When the oldest and the newest sample that are kept were taken; None where there is none."""
    days = sorted(days_of(store, server, scope))
    first = next(_taken(store, server, scope, days), None)
    last = next(_taken(store, server, scope, reversed(days), newest=True), None)
    return None if first is None or last is None else (first, last)


def days_of(store: ObjectStore, server: str, scope: str) -> Iterator[date]:
    """The days of which there are samples."""
    prefix = prefix_of(server, scope)
    for year in _folders(store, prefix):
        for month in _folders(store, year):
            for day in _folders(store, month):
                yield date(*map(int, day.removeprefix(prefix).strip("/").split("/")))


def scopes_of(store: ObjectStore, server: str) -> list[str]:
    """The scopes of which there are samples: the server, and databases that may have left the inventory."""
    prefix = prefix_of(server, "databases")
    names = [each.key.removeprefix(prefix).strip("/") for each in store.list(prefix, delimiter="/")]
    return [SERVER, *(database_scope(name) for name in names if name)]


def expire(store: ObjectStore, server: str, scope: str, now: datetime, keep_for: timedelta = KEPT) -> int:
    """Remove, for good, the days that ended longer ago than ``keep_for``; how many samples that were."""
    keys = [
        listed.key
        for day in days_of(store, server, scope)
        if datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) < now - keep_for
        for listed in store.list(f"{prefix_of(server, scope)}{day:%Y/%m/%d}/")
    ]
    if keys:
        store.delete(keys, all_versions=True)
    return len(keys)


def _taken(
    store: ObjectStore, server: str, scope: str, days: Iterable[date], *, newest: bool = False
) -> Iterator[datetime]:
    """The first or last sample of each day that has one: some stores list folders that are empty."""
    for day in days:
        listed = store.list(f"{prefix_of(server, scope)}{day:%Y/%m/%d}/")
        found = [each.taken for each in (_parsed(one.key, one.size) for one in listed) if each is not None]
        if found:
            yield found[-1] if newest else found[0]


def _folders(store: ObjectStore, prefix: str) -> Iterator[str]:
    for listed in store.list(prefix, delimiter="/"):
        name = listed.key.removeprefix(prefix).strip("/")
        if listed.key.endswith("/") and name.isdigit():
            yield listed.key


def _parsed(key: str, size: int) -> Kept | None:
    match = _KEY.search(key)
    if match is None:
        return None
    year, month, day, clock, whole = match.groups()
    taken = datetime.strptime(f"{year}{month}{day}{clock}", "%Y%m%d%H%M%S.%f").replace(tzinfo=UTC)
    return Kept(key, taken, bool(whole), size)


def _days(since: datetime, until: datetime) -> Iterator[date]:
    day = since.astimezone(UTC).date()
    while day <= until.astimezone(UTC).date():
        yield day
        day += timedelta(days=1)
