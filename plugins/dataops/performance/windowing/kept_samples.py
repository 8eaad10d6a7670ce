"""The samples of a window, brought from the store to the local disk once and read question by question."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from dataops.performance.samples.keeping import Kept, kept
from dataops.performance.samples.sample import Header, read_header, read_rows
from dataops.store import ObjectMissing, ObjectStore

HOUR = 3600.0
READERS = 8
"""Samples that are fetched at the same time."""
BEFORE = timedelta(minutes=30)
"""How far before the window its first interval may begin: it belongs to the window in which it ends."""


@dataclass(frozen=True)
class KeptSamples:
    """The samples of one scope, in the order in which they were taken."""

    paths: tuple[Path, ...]
    headers: tuple[Header, ...]

    def answered(self, question: str) -> list[int]:
        """Which samples hold rows of a question."""
        return [
            index
            for index, header in enumerate(self.headers)
            if question in header.costs and question not in header.missing
        ]

    def rows(self, question: str, indexes: Sequence[int] | None = None) -> Iterator[tuple[int, pl.DataFrame]]:
        """The rows of a question in samples that have some, read when they are asked for."""
        for index in self.answered(question) if indexes is None else indexes:
            found = read_rows(self.paths[index], question)
            if found is not None:
                yield index, found

    def latest(self, question: str) -> pl.DataFrame | None:
        """The rows of the last sample that has some; None where none has."""
        for index in reversed(self.answered(question)):
            found = read_rows(self.paths[index], question)
            if found is not None:
                return found
        return None

    def why_missing(self, question: str) -> str:
        """Why the newest sample does not have an answer, in a sentence."""
        if not self.headers:
            return "There are no samples."
        reasons = [header.missing[question] for header in self.headers if question in header.missing]
        return reasons[-1] if reasons else "It was not asked for in this window."


@contextmanager
def fetched(
    store: ObjectStore, server: str, scope: str, since: datetime, until: datetime, *, hourly: bool = False
) -> Generator[KeptSamples]:
    """The samples of a window, and the one before it; on the local disk as long as the block lasts.

    ``hourly``: of those between the first and the last, only the whole ones.
    """
    listed = list(kept(store, server, scope, since=since - BEFORE, until=until))
    earlier = [each for each in listed if each.taken <= since]
    chosen = [*earlier[-1:], *(each for each in listed if each.taken > since)]
    if hourly:
        chosen = [each for each in chosen if each.whole or each in {chosen[0], chosen[-1]}]
    with (
        tempfile.TemporaryDirectory(prefix="dataops-samples-") as folder,
        ThreadPoolExecutor(READERS) as pool,
    ):
        paths = [path for path in pool.map(lambda each: _fetch(store, each, Path(folder)), chosen) if path]
        headers = tuple(read_header(path) for path in paths)
        if hourly:
            headers = tuple(replace(header, every=max(header.every, HOUR)) for header in headers)
        yield KeptSamples(tuple(paths), headers)


def _fetch(store: ObjectStore, each: Kept, folder: Path) -> Path | None:
    """The sample as a file; None where it expired since it was listed."""
    path = folder / f"{each.taken:%Y%m%d%H%M%S.%f}.parquet"
    try:
        path.write_bytes(store.get(each.key))
    except ObjectMissing:
        return None
    return path
