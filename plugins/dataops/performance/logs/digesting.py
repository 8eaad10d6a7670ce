"""Pieces of a log, added up in their order: a row per ten minutes, database and thing, without literals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, field, replace
from datetime import tzinfo

import polars as pl

from dataops.performance.logged_call import LoggedCall
from dataops.performance.logs import maintenance, plans, statements, troubles
from dataops.performance.logs.clock import bucket_ends
from dataops.performance.logs.columns import DIGEST, KEYS, OTHERS, UNTOLD, LogKind, merged
from dataops.performance.logs.looking import ERRORS, Looked
from dataops.performance.logs.normalising import LONGEST, normalise
from dataops.performance.logs.slowest_calls import SlowestCalls
from dataops.performance.logs.slowest_entries import with_announcements
from dataops.performance.logs.stamps import TEN_MINUTES, ZONE
from dataops.performance.logs.thing import Said, Thing

MOST_TEXTS = 10_000
"""Different things of a kind that are kept; what is beyond is counted as ``OTHERS``."""
_CACHED = 64 << 20
"""Characters of texts, with and without literals, that are remembered so as not to normalise them again."""
_PROCESSES = 100_000
_MOST_ROWS = 500_000

_Key = tuple[str, str, str, str, str]
_HANDLERS: tuple[tuple[re.Pattern[str], Callable[[Said], Iterator[Thing]]], ...] = (
    (re.compile(r"(?:checkpoint|restartpoint) starting"), maintenance.checkpoint_start),
    (re.compile(r"(?:checkpoint|restartpoint) complete"), maintenance.checkpoint_end),
    (re.compile(r"automatic "), maintenance.maintained),
    (re.compile(r"archive command "), maintenance.archive_failure),
    (re.compile(r".*process \(PID "), maintenance.crash),
    (re.compile(r"connection authorized"), maintenance.connection),
    (re.compile(r"process \d+ "), troubles.lock_wait),
    (re.compile(r"temporary file: "), troubles.temp_file),
)


@dataclass
class Digest:
    """What pieces of one log say together. ``add`` them in their order; then take ``rows``.

    Memory stays bounded however many different statements there are: ``folded`` counts the events whose text
    was given up for that. Of ``kept`` databases the slowest calls are remembered as they were logged.
    """

    zone: tzinfo
    kept: frozenset[str] = frozenset()
    entries: int = 0
    damaged: int = 0
    folded: int = 0
    severities: set[str] = field(default_factory=set)
    _next: int = 0
    _things: dict[_Key, int] = field(default_factory=dict)
    _frames: list[pl.DataFrame] = field(default_factory=list)
    _texts: dict[tuple[str, int, str], str] = field(default_factory=dict)
    _remembered: int = 0
    _reasons: dict[str, str] = field(default_factory=dict)
    _open: dict[str, str] = field(default_factory=dict)
    _open_said: dict[str, tuple[str, str]] = field(default_factory=dict)
    _calls: SlowestCalls = field(default_factory=SlowestCalls)

    def add(self, looked: Looked) -> None:
        """Count one more piece."""
        self.entries += looked.entries
        self.damaged += looked.damaged
        self.severities |= looked.severities
        for frame in (
            self._statements(looked.statements),
            self._statements(self._paired(looked)),
            self._plans(looked.plans),
            self._events(looked.events),
        ):
            if len(frame):
                self._frames.append(self._placed(frame))
        if sum(map(len, self._frames)) > _MOST_ROWS or len(self._things) > 2 * MOST_TEXTS:
            self._compact()

    def rows(self) -> pl.DataFrame:
        """All of it, with the columns of ``DIGEST``."""
        self._compact()
        things = pl.DataFrame(
            [(number, *key) for key, number in self._things.items()],
            schema={"thing": pl.UInt32, **KEYS},
            orient="row",
        )
        if not self._frames:
            return pl.DataFrame(schema=DIGEST)
        rows = (
            self
            ._frames[0]
            .join(things, on="thing")
            .select(pl.col(name).cast(kind) for name, kind in DIGEST.items())
        )
        return rows.sort("at", "database", *KEYS)

    def calls(self) -> dict[str, tuple[LoggedCall, ...]]:
        """The slowest calls as they were logged, by database: of the statements that took most time."""
        if not self.kept:
            return {}
        self._compact()
        if not self._frames:
            return {}
        spent = self._frames[0].group_by("database", "thing").agg(pl.col("total_seconds").sum())
        texts = {number: key[3] for key, number in self._things.items()}
        return self._calls.of_databases(spent, texts, self.zone)

    def _statements(self, counted: pl.DataFrame) -> pl.DataFrame:
        fields = counted.select("kind", "database", "queryid", "beginning", "raw")
        numbers = [self._number(kind, text=self._text(*told)) for kind, *told in fields.iter_rows()]
        if self.kept:
            self._calls.add(counted, numbers)
        return _with_things(counted, numbers)

    def _paired(self, looked: Looked) -> pl.DataFrame:
        """Durations at a piece's beginning, with the texts that stood in the pieces before."""
        texts = [self._open.pop(pid or "", "") for pid in looked.unpaired["pid"]]
        unpaired = looked.unpaired.with_columns(raw=pl.Series(texts, dtype=pl.String))
        if self.kept:
            unpaired = with_announcements(unpaired, self._open_said)
        if len(self._open) > _PROCESSES:
            self._open.clear()
            self._open_said.clear()
        self._open.update(looked.open)
        self._open_said.update(looked.open_said)
        return statements.counted(unpaired, self.kept)

    def _text(self, database: str | None, queryid: int, beginning: str, raw: str) -> str:
        """The normalised text; the first one that was seen of a query id stands for all of them."""
        key = (database or "", queryid, beginning) if beginning else ("", 0, raw[:LONGEST])
        text = self._texts.get(key)
        if text is None:
            text = normalise(raw[:LONGEST]) or UNTOLD
            self._remembered += len(key[2]) + len(text)
            if self._remembered > _CACHED:
                self._texts.clear()
                self._remembered = 0
            self._texts[key] = text
        return text

    def _plans(self, counted: pl.DataFrame) -> pl.DataFrame:
        read = map(plans.read_plan, counted["raw"])
        numbers = [self._number(LogKind.PLAN, code=code, text=text, detail=plan) for text, plan, code in read]
        if self.kept:
            self._calls.add(counted, numbers)
        return _with_things(counted, numbers)

    def _events(self, counted: pl.DataFrame) -> pl.DataFrame:
        rows = []
        for event in counted.iter_rows(named=True):
            said = Said(**{name: event[name] or "" for name in Said.__dataclass_fields__})
            for thing in map(self._reasoned, things_of(said)):
                database = event["database"] if thing.database is None else thing.database
                number = self._number(*(str(part) for part in _key(thing)))
                times, figures = event["count"], astuple(thing)[6:]
                rows.append((
                    event[TEN_MINUTES],
                    event[ZONE],
                    database,
                    number,
                    event["queryid"],
                    times,
                    *figures,
                ))
        schema = [TEN_MINUTES, ZONE, "database", "thing", "queryid", "times", *_FIGURES]
        frame = pl.DataFrame(rows, schema=schema, orient="row", infer_schema_length=None)
        return frame.with_columns(
            pl.col(name) * pl.col("times") for name in ("count", "total_seconds", "bytes", "buffers")
        )

    def _reasoned(self, thing: Thing) -> Thing:
        """The end of a checkpoint gets the reason of the start before it."""
        if thing.kind is not LogKind.CHECKPOINT:
            return thing
        if thing.count:
            self._reasons[thing.code] = thing.text
            return thing
        return replace(thing, text=self._reasons.get(thing.code, "unknown"))

    def _number(self, kind: str, severity: str = "", code: str = "", text: str = "", detail: str = "") -> int:
        key = (str(kind), severity, code, text[:LONGEST], detail[:LONGEST])
        number = self._things.get(key)
        if number is None:
            number = self._things[key] = self._next
            self._next += 1
        return number

    def _placed(self, frame: pl.DataFrame) -> pl.DataFrame:
        """With the end of the ten minutes in UTC, and exactly the columns that are added up."""
        pairs = frame.select(TEN_MINUTES, ZONE).unique()
        ends = bucket_ends(pairs.iter_rows(), self.zone)
        known = pl.DataFrame(
            [(*pair, end) for pair, end in ends.items()],
            schema={TEN_MINUTES: pl.String, ZONE: pl.String, "at": DIGEST["at"]},
            orient="row",
        )
        placed = frame.join(known, on=[TEN_MINUTES, ZONE])
        self.damaged += len(frame) - len(placed)
        return placed.select(
            "at",
            pl.col("database").fill_null(""),
            pl.col("thing").cast(pl.UInt32),
            pl.col("queryid"),
            *(
                pl.col(name).cast(DIGEST[name])
                if name in frame.columns
                else pl.lit(0, DIGEST[name]).alias(name)
                for name in _FIGURES
            ),
        )

    def _compact(self) -> None:
        """One frame, the rows of the same thing added up, and no more things than are kept."""
        if not self._frames:
            return
        self._frames = [_summed(pl.concat(self._frames))]
        if len(self._things) > MOST_TEXTS:
            self._fold()

    def _fold(self) -> None:
        """Keep of each kind what took most time and came most often."""
        rows = self._frames[0]
        kinds = pl.DataFrame(
            [(number, key[0]) for key, number in self._things.items()], schema=["thing", "kind"], orient="row"
        ).with_columns(pl.col("thing").cast(pl.UInt32))
        totals = rows.group_by("thing").agg(pl.col("total_seconds", "count").sum()).join(kinds, on="thing")
        ranked = totals.sort("total_seconds", "count", "thing", descending=[True, True, False])
        given_up = ranked.with_columns(rank=pl.int_range(pl.len()).over("kind")).filter(
            pl.col("rank") >= MOST_TEXTS
        )
        if given_up.is_empty():
            return
        self.folded += int(given_up["count"].sum())
        to = {
            number: self._number(kind, text=OTHERS)
            for number, kind in given_up.select("thing", "kind").iter_rows()
        }
        gone = set(to) - set(to.values())
        moved = pl.col("thing").replace(to)
        queryid = (
            pl.when(pl.col("thing").is_in(list(gone))).then(0).otherwise(pl.col("queryid")).alias("queryid")
        )
        self._frames = [_summed(rows.with_columns(moved, queryid))]
        self._things = {key: number for key, number in self._things.items() if number not in gone}
        if self.kept:
            self._calls.forget_but(frozenset(self._things.values()))


def things_of(said: Said) -> Iterator[Thing]:
    """What an entry tells that is no duration; nothing where its words are not known."""
    if said.severity in ERRORS:
        yield from troubles.error(said)
        return
    for beginning, handler in _HANDLERS:
        if beginning.match(said.message):
            yield from handler(said)
            return


_FIGURES = tuple(name for name in DIGEST if name not in {"at", "database", "queryid", *KEYS})


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    summed = rows.group_by("at", "database", "thing").agg(merged())
    return summed.select("at", "database", "thing", "queryid", *_FIGURES)


def _with_things(frame: pl.DataFrame, numbers: list[int]) -> pl.DataFrame:
    return frame.with_columns(pl.Series("thing", numbers, dtype=pl.UInt32))


def _key(thing: Thing) -> _Key:
    return (thing.kind, thing.severity, thing.code, thing.text, thing.detail)
