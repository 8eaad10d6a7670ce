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
from dataops.performance.report.document import Digest, Report
from dataops.performance.report.markdown import markdown_of_digest
from dataops.performance.report.page import render_digest
from dataops.performance.report.rolling import day_of, month_of, roll_up, week_of
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
    return Kept(f"{place}{PAGE}", tuple(_put(store, place, texts)))


def nights(store: ObjectStore, database: str, *, before: datetime, days: int = FURTHEST) -> Iterator[Report]:
    """The last report of each day before this moment, newest first; read only when asked for.

    One that cannot be read any more, of an older format or damaged, is left out and logged.
    """
    day = (before.astimezone(UTC) - timedelta(microseconds=1)).date()
    for _ in range(days):
        for key in reversed(keys_of(store, database, day)):
            report = read(store, key)
            if report is not None and report.until < before:
                yield report
                break
        day -= timedelta(days=1)


def nights_of(store: ObjectStore, database: str, since: date, until: date) -> list[Report]:
    """The last report of each day from ``since`` until before ``until``, by the day that it is mostly of."""
    by_day: dict[date, Report] = {}
    for number in range((until - since).days + 2):
        for key in keys_of(store, database, since + timedelta(days=number)):
            report = read(store, key)
            if report is not None and since <= day_of(report) < until:
                by_day[day_of(report)] = report
    return list(by_day.values())


def keep_missing_roll_ups(store: ObjectStore, database: str, today: date) -> list[Artifact]:
    """The last whole week's and month's roll-ups, made where they lie nowhere yet; those that were made.

    Under ``reports/<database>/week/2026-W48/`` and ``reports/<database>/month/2026-11/``.
    """
    made = []
    for kind, (since, until), name in (
        ("week", week_of(today - timedelta(days=7)), "%G-W%V"),
        ("month", month_of(today.replace(day=1) - timedelta(days=1)), "%Y-%m"),
    ):
        place = f"reports/{database}/{kind}/{since:{name}}/"
        if store.exists(f"{place}{JSON}"):
            continue
        reports = nights_of(store, database, since, until)
        if reports:
            digest = roll_up(kind, database, since, until, reports)
            made += _put(store, place, texts_of(digest))
    return made


def texts_of(digest: Digest) -> dict[str, str | bytes]:
    """A digest in all its forms, by the names that they have in the store."""
    return {PAGE: render_digest(digest), JSON: digest.to_bytes(), MARKDOWN: markdown_of_digest(digest)}


def _put(store: ObjectStore, place: str, texts: Mapping[str, str | bytes]) -> list[Artifact]:
    """The JSON last: only with it the whole counts."""
    artifacts = []
    for name in sorted(texts, key=lambda name: name.endswith(".json")):
        stored = store.put(f"{place}{name}", texts[name])
        artifacts.append(Artifact(key=stored.key, size=stored.size, sha256=stored.sha256))
    return artifacts


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
