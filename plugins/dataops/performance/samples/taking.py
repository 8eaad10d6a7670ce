"""Taking a sample of a server and of each of its databases. Nothing is written there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from dataops.connections import Connection
from dataops.errors import ConfigurationError, DataOpsError
from dataops.inventory import Database, Server
from dataops.performance.samples import disk, host_clock, keeping, texts
from dataops.performance.samples.asking import Asking, session
from dataops.performance.samples.packing import Layout, packed_sizes
from dataops.performance.samples.questions import (
    DATABASE,
    INDEX_WIDTHS,
    SERVER,
    STANDBY_SCANS,
    TABLE_WIDTHS,
    Question,
)
from dataops.performance.samples.sample import Header, Sample
from dataops.performance.samples.statements import Learn, ask_statements
from dataops.performance.statement_text import fingerprint, readable
from dataops.platform import Platform
from dataops.postgres import (
    LoginRefused,
    ServerIdentity,
    ServerNotReady,
    ServerUnreachable,
    UntrustedServer,
    server_identity,
)
from dataops.store import StoreError, StoreRefused

Say = Callable[[str], None]

EVERY = timedelta(minutes=10)
"""How often a sample is meant to be taken."""
WHOLE_EVERY = timedelta(minutes=59)
"""After so long a sample asks the questions again that cost more."""
MEASURED = 5000
"""Tables, and indexes, whose size is measured: each takes memory of the session and a look at files."""

_SERVER_WIDE = (LoginRefused, ServerNotReady, ServerUnreachable, UntrustedServer)
"""What one database cannot have without the others."""
_STATEMENT_TEXTS = ("text", "blocked_text", "blocking_text")


@dataclass(frozen=True)
class Taken:
    """What a visit brought: a sample per scope, and in a sentence why a scope has none."""

    kept: tuple[keeping.Kept, ...]
    samples: tuple[Sample, ...]
    failed: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """What all questions together took."""
        return sum(sample.header.seconds for sample in self.samples)


def take_sample(
    platform: Platform,
    server: str,
    *,
    whole: bool | None = None,
    every: timedelta = EVERY,
    say: Say = lambda _: None,
) -> Taken:
    """A sample of the server and one of each of its databases, kept in the store.

    ``whole`` asks all questions, also those that are asked once an hour; None leaves it to the hour. A scope
    that cannot be sampled is told in ``failed`` and does not keep the others from it, unless the server
    itself is out of reach. Raises ``ConfigurationError`` where the server is unknown, ``StoreError`` where
    nothing can be kept.
    """
    declared = platform.inventory.subject(server)
    if not isinstance(declared, Server):
        raise ConfigurationError(f"{server} is a database: name its server, {declared.server}.")
    databases = [each for each in platform.inventory.databases_of(declared) if each.retired is None]
    visit = _Visit(platform, declared, whole, every)
    kept: list[keeping.Kept] = []
    samples: list[Sample] = []
    failed: dict[str, str] = {}
    for scope, take in visit.scopes(databases):
        try:
            sample = take()
            kept.append(keeping.keep(platform.store, sample))
        except (StoreError, StoreRefused):
            raise  # nothing can be kept, of no scope
        except DataOpsError as error:
            failed[scope] = str(error)
            say(f"{scope}: not sampled: {error}")
            if scope == keeping.SERVER and isinstance(error, _SERVER_WIDE):
                failed |= {keeping.database_scope(each.name): str(error) for each in databases}
                break
            continue
        samples.append(sample)
        say(_told(sample, kept[-1]))
    return Taken(tuple(kept), tuple(samples), failed)


@dataclass(frozen=True)
class _Visit:
    """One round over a server's scopes."""

    platform: Platform
    server: Server
    whole: bool | None
    every: timedelta

    def scopes(self, databases: list[Database]) -> list[tuple[str, Callable[[], Sample]]]:
        """Each scope and how its sample is taken."""
        takes: list[tuple[str, Callable[[], Sample]]] = [(keeping.SERVER, self.of_server)]
        return takes + [
            (keeping.database_scope(each.name), lambda each=each: self.of_database(each))
            for each in databases
        ]

    @property
    def connection(self) -> Connection:
        return self.platform.connection(self.server.connection)

    def of_server(self) -> Sample:
        whole = self._is_whole(keeping.SERVER)
        with session(self.connection, None, whole=whole) as asking:
            header = _Heading(asking, self, keeping.SERVER, whole)
            for question in _due(SERVER, whole):
                asking.ask(question)
            if whole and "sizes" in asking.rows:
                _add_disk(asking, self.connection, header.identity)
            return header.sample()

    def of_database(self, database: Database) -> Sample:
        scope = keeping.database_scope(database.name)
        whole = self._is_whole(scope)
        with session(self.connection, database.dbname, whole=whole) as asking:
            header = _Heading(asking, self, scope, whole)
            for question in _due(DATABASE, whole):
                asking.ask(question, **({"measured": MEASURED} if _measures(question) else {}))
            if whole:
                _estimate(asking, header.block)
            learn = self._learn(database, header.taken)
            header.resets |= ask_statements(asking, database.dbname, self.connection, learn)
            if whole and self.server.standby is not None:
                self._standby(asking, database)
            return header.sample()

    def _learn(self, database: Database, now: datetime) -> Learn:
        store, server = self.platform.store, self.server.name
        return lambda seen, ask: texts.learn(store, server, database.name, seen, ask, now)

    def _standby(self, asking: Asking, database: Database) -> None:
        assert self.server.standby is not None
        try:
            with session(self.platform.connection(self.server.standby), database.dbname) as standby:
                standby.ask(STANDBY_SCANS)
                asking.take_over(standby)
        except DataOpsError as error:
            asking.missing[STANDBY_SCANS.name] = str(error)

    def _is_whole(self, scope: str) -> bool:
        if self.whole is not None:
            return self.whole
        now = datetime.now(UTC)
        recent = keeping.kept(
            self.platform.store, self.server.name, scope, since=now - WHOLE_EVERY, until=now
        )
        return not any(each.whole for each in recent)


class _Heading:
    """The header of the sample that is being taken."""

    def __init__(self, asking: Asking, visit: _Visit, scope: str, whole: bool) -> None:
        self.asking, self.visit, self.scope, self.whole = asking, visit, scope, whole
        self.taken, self.boot, self.uptime = datetime.now(UTC), host_clock.boot(), host_clock.uptime()
        told = asking.one("moment")
        asking.blind = _blind(told)
        self.identity: ServerIdentity = server_identity(asking.conn)
        self.at: datetime = told["at"]
        self.block: int = told["block_size"]
        self.resets: dict[str, datetime | None] = {
            name.removesuffix("_reset"): told[name] for name in told if name.endswith("_reset")
        }

    def sample(self) -> Sample:
        """The sample, with everything that the session has answered."""
        known = self.identity
        header = Header(
            server=self.visit.server.name,
            scope=self.scope,
            taken=self.taken,
            at=self.at.astimezone(UTC),
            every=self.visit.every.total_seconds(),
            whole=self.whole,
            version=known.version_num,
            system_identifier=known.system_identifier,
            timeline=known.timeline,
            in_recovery=known.in_recovery,
            started=known.started.astimezone(UTC),
            address=known.address,
            resets={name: at and at.astimezone(UTC) for name, at in self.resets.items()},
            missing=dict(self.asking.missing),
            costs=dict(self.asking.costs),
            boot=self.boot,
            uptime=self.uptime,
        )
        return Sample(header, {name: _without_literals(rows) for name, rows in self.asking.rows.items()})


def _blind(told: Mapping[str, Any]) -> str:
    """Why we do not see what other roles do; empty where we do. Seeing only oneself is no sign of calm."""
    if told["sees_statistics"] and told["sees_settings"]:
        return ""
    return (
        f"The role {told['role']} does not see what others do: GRANT pg_monitor TO {told['role']}, "
        "see the guide on roles."
    )


def _due(questions: tuple[Question, ...], whole: bool) -> list[Question]:
    return [question for question in questions if whole or not question.whole]


def _measures(question: Question) -> bool:
    return "{measured}" in question.text(14)


def _estimate(asking: Asking, block: int) -> None:
    """Adds what tables and indexes would take if packed; the widths that it is made from are not kept."""
    for question, layout, rows, name in (
        (TABLE_WIDTHS, Layout.heap(block), "table_sizes", "estimated_heap_bytes"),
        (INDEX_WIDTHS, Layout.btree(block), "index_details", "estimated_bytes"),
    ):
        widths = asking.ask(question)
        asking.rows.pop(question.name, None)
        if widths is not None and rows in asking.rows:
            sizes = packed_sizes(widths, layout, block=block).rename({"estimate": name})
            asking.rows[rows] = asking.rows[rows].join(sizes, on="oid", how="left")


def _add_disk(asking: Asking, connection: Connection, identity: ServerIdentity) -> None:
    found = disk.disk_of(connection, identity.data_directory)
    if found is not None:
        asking.rows["sizes"] = pl.concat([asking.rows["sizes"], found], how="diagonal_relaxed")


def _without_literals(rows: pl.DataFrame) -> pl.DataFrame:
    """Texts of running statements as readable ones, with their fingerprints; literals end here."""
    for name in _STATEMENT_TEXTS:
        if name in rows.columns:
            texts_ = rows[name]
            named = name.replace("text", "statement")
            rows = rows.with_columns(
                pl.Series(name, [t and readable(t) for t in texts_], dtype=pl.String()),
                pl.Series(named, [t and fingerprint(t) for t in texts_], dtype=pl.String()),
            )
    return rows


def _told(sample: Sample, kept: keeping.Kept) -> str:
    header = sample.header
    rows = sum(frame.height for frame in sample.rows.values())
    without = f"; without {', '.join(sorted(header.missing))}" if header.missing else ""
    return (
        f"{header.scope}: {rows} rows, {kept.size / 1000:.0f} kB, {header.seconds:.3f} s"
        f"{' (whole)' if header.whole else ''}{without}"
    )
