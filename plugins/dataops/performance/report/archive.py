"""Where reports lie in the store, and the nights before.

``reports/<database>/<YYYY>/<MM>/<DD>/<key>/``: ``index.html``, ``report.json``, ``report.md``. The day is
that of the window's end. Written once and never changed; the run's evidence holds their hashes.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pydantic import ValidationError

from dataops.evidence.verdict import Artifact
from dataops.performance.report.document import Report
from dataops.store import ObjectStore

log = logging.getLogger(__name__)

PAGE, JSON, MARKDOWN = "index.html", "report.json", "report.md"
FURTHEST = 35
"""Days to look back for nights: five weeks."""


@dataclass(frozen=True)
class Kept:
    """Where a report lies: key of its page, and every object with its hash."""

    page_key: str
    artifacts: tuple[Artifact, ...]


def folder(database: str, day: date) -> str:
    """Where the reports of a day lie."""
    return f"reports/{database}/{day:%Y/%m/%d}/"


def keep(store: ObjectStore, database: str, until: datetime, texts: Mapping[str, str | bytes]) -> Kept:
    """Store what a report consists of, its JSON last: only then it counts as a night."""
    until = until.astimezone(UTC)
    place = f"{folder(database, until.date())}{until:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}/"
    artifacts = []
    for name in sorted(texts, key=lambda name: name.endswith(".json")):
        stored = store.put(f"{place}{name}", texts[name])
        artifacts.append(Artifact(key=stored.key, size=stored.size, sha256=stored.sha256))
    return Kept(f"{place}{PAGE}", tuple(artifacts))


def nights(store: ObjectStore, database: str, *, before: datetime, days: int = FURTHEST) -> Iterator[Report]:
    """The last report of each day before this moment, newest first; read only when asked for.

    One that cannot be read any more, of an older format or damaged, is left out and logged.
    """
    day = before.astimezone(UTC).date()
    for _ in range(days):
        for key in reversed(keys_of(store, database, day)):
            report = read(store, key)
            if report is not None and report.until < before:
                yield report
                break
        day -= timedelta(days=1)


def keys_of(store: ObjectStore, database: str, day: date) -> list[str]:
    """The keys of a day's reports in JSON, in the order of their windows' ends."""
    return sorted(item.key for item in store.list(folder(database, day)) if item.key.endswith(f"/{JSON}"))


def read(store: ObjectStore, key: str) -> Report | None:
    """The report under a key; None where its format is not ours."""
    try:
        return Report.model_validate_json(store.get(key))
    except ValidationError as error:
        log.warning("%s is no report that this version reads: %s", key, error.errors()[0]["msg"])
        return None
