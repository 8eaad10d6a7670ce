"""Advice tried on HypoPG: indexes that exist only in one session's planner, on the watched database itself.

Nothing is written, no lock is taken that a reader would not take, and the indexes go with the session. What
HypoPG can say is what the planner would do and what it expects to save, not how long it takes. A role that
may read the tables is enough: what writes is planned in the form that only finds its rows.

Source: HypoPG documentation, Usage; PREPARE with ``plan_cache_mode = force_generic_plan`` gives the plan for
parameters whose values are unknown, on every version.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from dataops import postgres
from dataops.connections import Connection
from dataops.errors import InconclusiveError
from dataops.performance.advising import Rewritten, read_relations
from dataops.performance.finding import Advice, Proof
from dataops.performance.proving.alternatives import alternatives
from dataops.performance.proving.created import as_created
from dataops.performance.proving.judging import BY_HYPOPG, judge_estimated, judge_rewrite_estimated, not_tried
from dataops.performance.proving.prepared import CannotTry, name_of, prepared, single
from dataops.performance.proving.reading_form import reading_form
from dataops.performance.proving.search_path import widen

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection

STATEMENT_TIMEOUT, LOCK_TIMEOUT = 10.0, 1.0
"""Seconds; planning waits for nobody's lock for long."""


class HypoMissing(InconclusiveError):
    """The database has no HypoPG, so nothing can be tried there."""


@contextmanager
def planner(connection: Connection, dbname: str) -> Generator[PsycopgConnection]:
    """A session that plans with hypothetical indexes and writes nothing; ``HypoMissing`` without HypoPG."""
    with closing(
        postgres.connect(
            connection,
            dbname=dbname,
            application_name="proof",
            autocommit=True,
            statement_timeout=STATEMENT_TIMEOUT,
            lock_timeout=LOCK_TIMEOUT,
        )
    ) as session:
        with postgres.explained("looking for HypoPG"), session.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
            cursor.execute("SELECT FROM pg_extension WHERE extname = 'hypopg'")
            if cursor.fetchone() is None:
                raise HypoMissing(f"The database {dbname} has no HypoPG: CREATE EXTENSION hypopg makes one.")
        yield session


def try_hypothetical(session: PsycopgConnection, advice: Advice) -> Advice:
    """The advice with its proof; where another index promises clearly more, the advice to build that one.

    Advice that is neither an index for a statement nor another form of one, or that cannot be planned, comes
    back with a proof that says so.
    """
    rewritten = Rewritten.read(advice.sql)
    return _try_index(session, advice) if rewritten is None else _try_rewrite(session, advice, rewritten)


def _try_rewrite(session: PsycopgConnection, advice: Advice, new: Rewritten) -> Advice:
    try:
        widen(session, as_created(new.index).schema if new.index else None)
        with prepared(session, single(advice.statement)) as statement:
            before, _ = statement.cost()
        if new.index:
            after, _, _ = _with_index(session, new.text, new.index)
        else:
            with prepared(session, new.text) as statement:
                after, _ = statement.cost()
        proof = judge_rewrite_estimated(before, after)
    except InconclusiveError as error:
        proof = not_tried(BY_HYPOPG, str(error))
    return advice.model_copy(update={"proof": proof})


def _try_index(session: PsycopgConnection, advice: Advice) -> Advice:
    try:
        text = reading_form(single(advice.statement))
        widen(session, as_created(advice.sql).schema)
        choices = alternatives(read_relations(session, text), advice)
        tried = [(_plan(session, text, advice), advice)]
    except InconclusiveError as error:
        return advice.model_copy(update={"proof": not_tried(BY_HYPOPG, str(error))})
    for each in choices:
        with suppress(CannotTry):  # such as an access method that HypoPG does not know
            tried.append((_plan(session, text, each), each))
    proven = [(cost, proof, each) for (cost, proof), each in tried if proof.helps]
    if not proven:
        (_, proof), _ = tried[0]
        return advice.model_copy(update={"proof": proof})
    least = min(cost for cost, _, _ in proven)
    # The first that is about as good: a plainer index is better than one that saves a last percent.
    _, proof, chosen = next(each for each in proven if each[0] <= 1.1 * least)
    return chosen.model_copy(update={"proof": proof})


def _plan(session: PsycopgConnection, text: str, advice: Advice) -> tuple[float, Proof]:
    """The cost with the advised index, and the proof."""
    with prepared(session, text) as statement:
        before, _ = statement.cost()
    after, used, bytes_ = _with_index(session, text, advice.sql)
    return after, judge_estimated(before, after, used=used, bytes_=bytes_)


def _with_index(session: PsycopgConnection, text: str, index: str) -> tuple[float, bool, int]:
    """The cost with a hypothetical index, whether its plan uses it, and the estimate of its bytes."""
    import psycopg2

    with session.cursor() as cursor:
        try:
            cursor.execute("SELECT hypopg_reset()")
            cursor.execute(
                "SELECT indexrelid, indexname FROM hypopg_create_index(%s)", (as_created(index).sql,)
            )
            oid, name = cursor.fetchone() or (0, "")
            with prepared(session, text) as statement:
                cost, used = statement.cost()
            cursor.execute("SELECT hypopg_relation_size(%s)", (oid,))
            (bytes_,) = cursor.fetchone() or (0,)
        except psycopg2.Error as error:
            raise CannotTry(f"HypoPG does not take the index: {name_of(error)}") from None
        finally:
            cursor.execute("SELECT hypopg_reset()")
    return cost, name in used, bytes_
