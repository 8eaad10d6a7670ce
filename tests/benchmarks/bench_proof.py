"""Does the proof tell the truth? Advice proven on a restored backup, against what clients then really get.

Every flight from New York in 2013 is backed up. Advice for ten statements, helpful and useless, is proven on
the scratch server. Then each index is really built on the source, and a client executes the statement with 50
values drawn from its rows before and after, over the wire. Two promises: no verdict is wrong, and a client
saves what was promised, within a factor of two at the median. HypoPG's verdicts stand beside.
"""

from __future__ import annotations

import math
import secrets
import statistics
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg2
from dataops.backup.logical import Logical
from dataops.backup.steps import Job
from dataops.inventory import Database, Drill
from dataops.performance.finding import Advice, Cause, Finding, Proof, Severity
from dataops.performance.proving import Proven, prove_by_hypopg, prove_on_scratch

from sandbox import flights
from tests.benchmarks import bench_logical
from tests.benchmarks.ratio import Ratio

DBNAME = "flights"
VALUES = 50
ENOUGH = 0.8
"""A client is helped where it waits at most so much of the time before."""


@dataclass(frozen=True)
class Case:
    """A statement, the keys of the index that is advised for it, and where its values come from."""

    statement: str
    keys: str
    columns: tuple[str, ...] = ()

    @property
    def advice(self) -> Advice:
        return Advice(
            sentence="Build an index.",
            sql=f"CREATE INDEX CONCURRENTLY tried_idx ON public.flights ({self.keys});",
            statement=self.statement,
        )


CASES = (
    Case(
        "SELECT count(*), avg(arr_delay) FROM flights WHERE carrier = $1 AND flight = $2",
        "carrier, flight",
        ("carrier", "flight"),
    ),
    Case("SELECT avg(dep_delay) FROM flights WHERE month = $1 AND day = $2", "month, day", ("month", "day")),
    Case(
        "SELECT * FROM flights WHERE dest = $1 ORDER BY time_hour DESC LIMIT $2",
        "dest, time_hour",
        ("dest", "20"),
    ),
    Case(
        "SELECT flight_id FROM flights WHERE time_hour = $1 AND origin = $2",
        "time_hour, origin",
        ("time_hour", "origin"),
    ),
    Case("SELECT max(time_hour) FROM flights WHERE tailnum = $1", "tailnum, time_hour", ("tailnum",)),
    Case(
        "SELECT count(*) FROM flights WHERE air_time = $1 AND hour = $2",
        "air_time, hour",
        ("air_time", "hour"),
    ),
    Case("SELECT avg(distance) FROM flights WHERE origin <> $1", "origin", ("origin",)),
    Case("SELECT sum(distance) FROM flights WHERE year = $1", "year", ("year",)),
    Case("SELECT avg(arr_delay) FROM flights WHERE hour > $1", "hour", ("hour",)),
    Case("SELECT count(*) FROM flights WHERE upper(carrier) = $1 AND flight > 0", "carrier", ("carrier",)),
)


def measure() -> Iterable[Ratio]:
    """The two promises, over one backup."""
    with bench_logical.place_for_bench() as place:
        dsn = place.cluster.dsn("postgres")
        flights.load(dsn)
        bucket = place.store.create_bucket(f"bench-{secrets.token_hex(4)}", lock=False, versioning=False)
        database = Database(
            name=DBNAME, server="bench", owner="bench", environment="bench", drill=Drill(jobs=2)
        )
        platform = place.platform(database, bucket)
        job = Job(platform, database, _silent)
        taken = Logical().take(job)
        Logical().publish(job, taken, Logical().verify(job, taken))
        with closing(psycopg2.connect(place.cluster.dsn(DBNAME))) as session:
            session.autocommit = True
            with session.cursor() as cursor:
                cursor.execute("CREATE EXTENSION hypopg; ALTER TABLE flights DISABLE ROW LEVEL SECURITY")
                cursor.execute("SET search_path = public")
                cursor.execute("VACUUM ANALYZE flights")
            begun = time.perf_counter()
            proven = prove_on_scratch(platform, database, _findings(), say=_silent)
            took = time.perf_counter() - begun
            estimated = prove_by_hypopg(platform, database, _findings(), say=_silent)
            got = [_client(session, case, _advised(proven, nth)) for nth, case in enumerate(CASES)]
        yield from _ratios(proven, estimated, got, took)


def _findings() -> list[Finding]:
    return [
        Finding(
            code="slow",
            object=str(nth),
            severity=Severity.WARNING,
            cause=Cause.SCHEMA,
            sentence=".",
            advice=case.advice,
        )
        for nth, case in enumerate(CASES)
    ]


def _advised(proven: Proven, nth: int) -> Advice:
    advice = proven.findings[nth].advice
    assert advice is not None
    return advice


@dataclass(frozen=True)
class Got:
    """Seconds that the client waits for an execution, without the index and with it."""

    without: float
    with_it: float

    @property
    def helped(self) -> bool:
        return self.with_it <= ENOUGH * self.without


def _client(session: Any, case: Case, advice: Advice) -> Got:
    """What the client gets from the index that is advised in the end."""
    columns = [each for each in case.columns if not each.isdigit()]
    shown = ", ".join(column if column in columns else f"{column}::int" for column in case.columns)
    present = " AND ".join(f"{each} IS NOT NULL" for each in columns) or "true"
    with session.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(f"SELECT {shown} FROM flights WHERE {present} ORDER BY random() LIMIT {VALUES}")
        drawn = cursor.fetchall()
        before = _times(cursor, case.statement, drawn)
        cursor.execute(advice.sql)
        after = _times(cursor, case.statement, drawn)
        cursor.execute(f"DROP INDEX {advice.sql.split()[3]}")
        again = _times(cursor, case.statement, drawn)
    return Got(min(before, again), after)


def _times(cursor: Any, statement: str, drawn: Sequence[Sequence[Any]]) -> float:
    """Mean over the values of the faster of two executions."""
    text = statement
    for number in range(len(drawn[0]), 0, -1):
        text = text.replace(f"${number}", f"%(v{number})s")
    taken = []
    for values in drawn:
        given = {f"v{number}": value for number, value in enumerate(values, start=1)}
        runs = []
        for _ in range(2):
            begun = time.perf_counter()
            cursor.execute(text, given)
            cursor.fetchall()
            runs.append(time.perf_counter() - begun)
        taken.append(min(runs))
    return statistics.mean(taken)


def _ratios(proven: Proven, estimated: Proven, got: Sequence[Got], took: float) -> Iterable[Ratio]:
    proofs = [_proof(proven, nth) for nth in range(len(CASES))]
    planned = [_proof(estimated, nth) for nth in range(len(CASES))]
    wrong = {
        case.statement: f"{proof.sentence} Client: {client.without:.6f} s, {client.with_it:.6f} s"
        for case, proof, client in zip(CASES, proofs, got, strict=True)
        if proof.helps is not client.helped
    }
    yield Ratio(
        f"wrong verdicts on {len(CASES)} pieces of advice",
        len(wrong),
        len(CASES),
        bar=0.0,
        unit="verdicts",
        parts={
            "help": sum(each.helped for each in got),
            "wrong by HypoPG": sum(
                one.helps is not each.helped for one, each in zip(planned, got, strict=True)
            ),
            "not tried": sum(each.helps is None for each in proofs),
            "restore and trials, s": took,
            **wrong,
        },
    )
    helping = [(_saved(proof), client) for proof, client in zip(proofs, got, strict=True) if proof.helps]
    factors = sorted(_factor(promised, client.without - client.with_it) for promised, client in helping)
    yield Ratio(
        "seconds saved by an execution, of clients by what was promised, as a factor at the median",
        statistics.median(factors),
        1.0,
        bar=2.0,
        unit="times",
        parts={
            "promised, ms": 1000 * statistics.median(promised for promised, _ in helping),
            "of clients, ms": 1000 * statistics.median(each.without - each.with_it for _, each in helping),
            "worst factor": factors[-1],
        },
    )


def _factor(one: float, other: float) -> float:
    """How far two numbers are apart, at least 1; infinite where a saving never came."""
    return max(one / other, other / one) if other > 0 else math.inf


def _proof(proven: Proven, nth: int) -> Proof:
    proof = _advised(proven, nth).proof
    assert proof is not None
    return proof


def _saved(proof: Proof) -> float:
    figures = {each.name: each.value for each in proof.figures}
    return figures["time without"] - figures["time with"]


def _silent(line: str) -> None:
    """The bench prints ratios alone."""
