"""Where reports lie in the store, and the nights before.

``reports/<database>/<YYYY>/<MM>/<DD>/<key>/``: ``index.html``, ``report.json``, ``report.md`` and
``window.zip``, the window's totals. The day is that of its end. Written once and never changed; the run's
evidence holds their hashes.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pydantic import ValidationError

from dataops.evidence.verdict import Artifact
from dataops.performance.finding import Finding
from dataops.performance.night import Night
from dataops.performance.report import kept_window as kept
from dataops.performance.report.document import FORMAT, Digest, Report
from dataops.performance.report.markdown import markdown_of_digest
from dataops.performance.report.page import render_digest
from dataops.performance.report.rolling import day_of, month_of, roll_up, week_of
from dataops.performance.window import Window
from dataops.store import ObjectStore

log = logging.getLogger(__name__)

PAGE, JSON, MARKDOWN = "index.html", "report.json", "report.md"
NEAR = 0.1
_STAMP = "%Y%m%dT%H%M%SZ"
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
    place = f"{folder(database, until.date())}{until:{_STAMP}}-{secrets.token_hex(3)}/"
    return Kept(f"{place}{PAGE}", tuple(_put(store, place, texts)))


def nights_before(
    store: ObjectStore, database: str, *, before: datetime, days: int = FURTHEST
) -> Iterator[Night]:
    """What tonight's report needs of the last one of each day before this moment, newest first."""
    for key in _newest_keys(store, database, before, days):
        night = _read_night(store, key)
        if night is not None and night.until < before:
            yield night


def kept_window(store: ObjectStore, database: str, since: datetime, until: datetime) -> Window | None:
    """The totals of a report's window that is nearly this one; None where none was kept.

    Nearly: begin and end are each at most a tenth of its length away, as two nights' runs are.
    """
    near = (until - since) * NEAR
    for day in sorted({(until - near).date(), until.date(), (until + near).date()}):
        for item in store.list(folder(database, day)):
            place, _, name = item.key.rpartition("/")
            ended = _ended(place)
            if name != kept.NAME or ended is None or abs(ended - until) > near:
                continue
            try:
                found = kept.from_bytes(store.get(item.key))
            except kept.OtherFormat as error:
                log.warning("%s is left out: %s", item.key, error)
                continue
            if abs(found.since - since) <= near:
                return found
    return None


def nights(store: ObjectStore, database: str, *, before: datetime, days: int = FURTHEST) -> Iterator[Report]:
    """The last report of each day before this moment, newest first; read only when asked for.

    One that cannot be read any more, of an older format or damaged, is left out and logged.
    """
    for key in _newest_keys(store, database, before, days):
        report = read(store, key)
        if report is not None:
            yield report


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


def _newest_keys(store: ObjectStore, database: str, before: datetime, days: int) -> Iterator[str]:
    """The key of each day's last report that ended before the second of this moment, newest first."""
    before = before.astimezone(UTC).replace(microsecond=0)  # a folder's name tells whole seconds
    day = (before.astimezone(UTC) - timedelta(microseconds=1)).date()
    for _ in range(days):
        keys = [
            key
            for key in keys_of(store, database, day)
            if (_ended(key.rpartition("/")[0]) or before) < before
        ]
        yield from keys[-1:]
        day -= timedelta(days=1)


def _ended(place: str) -> datetime | None:
    """When the window of a report ended, by the name of its folder."""
    try:
        return datetime.strptime(place.rpartition("/")[2].partition("-")[0], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def _read_night(store: ObjectStore, key: str) -> Night | None:
    """A night, without reading the charts and tables of its report; None where its format is not ours."""
    try:
        document = json.loads(store.get(key))
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']}, not {FORMAT}")
        return Night(
            until=datetime.fromisoformat(document["until"]),
            findings=tuple(Finding.model_validate(each) for each in document["findings"]),
            figures={each["name"]: each["value"] for each in document["figures"]},
            measurable=frozenset(each["name"] for each in document["areas"] if not each["missing"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        log.warning("%s is no report that this version reads: %s", key, error)
        return None


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
