"""Advice to drop an index tried on a restored server: does any statement that uses it become slower?"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from dataops.errors import InconclusiveError
from dataops.evidence.units import human
from dataops.evidence.verdict import Figure
from dataops.performance.advising import read_relations
from dataops.performance.advising.identifiers import qualified
from dataops.performance.advising.parsing import Unparsable, nodes, parse
from dataops.performance.finding import Advice, Proof
from dataops.performance.proving.executor import Sessions
from dataops.performance.proving.judging import WriteCost, not_tried, slower, written_more
from dataops.performance.proving.measurement import Measured
from dataops.performance.proving.measuring import Pace, measure
from dataops.performance.proving.prepared import CannotTry, name_of, prepared, single
from dataops.performance.proving.sets import sets_for
from dataops.performance.proving.statements import naming
from dataops.performance.proving.write_cost import Written, compared, written

_FOUND = """
SELECT n.nspname::text, c.relname::text, pg_get_indexdef(i.indexrelid), pg_relation_size(i.indexrelid)
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE i.indexrelid = to_regclass(%s)
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""


@dataclass(frozen=True)
class Dropped:
    """What one statement took with the index and without it."""

    text: str
    with_it: Measured
    without: Measured


@dataclass(frozen=True)
class Drop:
    """What dropping an index did: to the statements that used it, to the disk, to those who write.

    ``tried`` counts the statements of its table that could be executed, ``untried`` those that could not.
    """

    bytes: int
    tried: int
    untried: int
    used_by: tuple[Dropped, ...] = ()
    cost: WriteCost | None = None


def judge_drop(by: str, drop: Drop) -> Proof:
    """The proof of dropping an index: it helps where no statement becomes noticeably slower. Pure.

    With statements that could not be tried, nothing is proven.
    """
    worse = [each for each in drop.used_by if slower(each.with_it, each.without)]
    figures = [
        Figure(name="disk freed", value=drop.bytes, unit="bytes"),
        Figure(name="statements tried", value=drop.tried, unit="count"),
        Figure(name="statements that used it", value=len(drop.used_by), unit="count"),
    ]
    if worse:
        worst = max(worse, key=lambda each: each.without.seconds - each.with_it.seconds)
        figures += [
            Figure(name="time with", value=worst.with_it.seconds, unit="seconds"),
            Figure(name="time without", value=worst.without.seconds, unit="seconds"),
        ]
        longer = human(worst.without.seconds - worst.with_it.seconds, "seconds")
        sentence = (
            f"Withdrawn: {len(worse)} of {drop.tried} statements of its table would be slower, the worst by "
            f"{longer} an execution: {worst.text[:120]}"
        )
        return Proof(by=by, helps=False, sentence=sentence, figures=tuple(figures))
    if drop.untried:
        reason = (
            f"{drop.untried} of {drop.tried + drop.untried} statements of its table could not be executed"
        )
        return not_tried(by, reason).model_copy(update={"figures": tuple(figures)})
    sentence = (
        f"None of {drop.tried} statements of its table is slower without it ({len(drop.used_by)} used it)"
    )
    parts = [sentence, f"it frees {human(drop.bytes, 'bytes')}"]
    if drop.cost is not None:
        parts.append(f"with it {written_more(drop.cost)}")
    return Proof(by=by, helps=True, sentence="; ".join(parts) + ".", figures=tuple(figures))


@dataclass(frozen=True)
class DropTrial:
    """Trials of dropping on one database of a restored server.

    ``texts`` are the window's statements, most time first. The index is built again before the next trial.
    """

    sessions: Sessions
    by: str
    texts: tuple[str, ...]
    pace: Pace = field(default_factory=Pace)

    def fits(self, advice: Advice) -> bool:
        """Whether it is advice to drop something."""
        return advice.sql.upper().startswith("DROP")

    def of(self, advice: Advice) -> Advice:
        """The advice with its proof; one that cannot be tried says so and why."""
        try:
            proof = self._proof(*_named(advice.sql))
        except InconclusiveError as error:
            proof = not_tried(self.by, str(error))
        return advice.model_copy(update={"proof": proof})

    def _proof(self, schema: str | None, name: str) -> Proof:
        self.sessions.look_in(schema)
        place = qualified(schema, name) if schema else name
        with self.sessions.executing.cursor() as cursor:
            cursor.execute(_FOUND, (place,))
            found = cursor.fetchone()
        if found is None:
            raise CannotTry(f"the restored database has no index {place} that keeps no constraint")
        table_schema, table, definition, bytes_ = found
        texts = tuple(naming(self.texts, table))
        before = self._measured(texts)
        using = {text: one for text, one in before.items() if one.uses(frozenset({name}))}
        costs = self._written(table_schema, table)
        with self._without(place, definition):
            after = self._measured(tuple(using))
            cost = compared(self._written(table_schema, table), costs)
        drop = Drop(
            bytes=int(bytes_),
            tried=len(before) - len(using.keys() - after.keys()),
            untried=len(texts) - len(before) + len(using.keys() - after.keys()),
            used_by=tuple(Dropped(text, using[text], after[text]) for text in using if text in after),
            cost=cost,
        )
        return judge_drop(self.by, drop)

    def _measured(self, texts: tuple[str, ...]) -> dict[str, Measured]:
        """What each statement takes now; without those that cannot be executed."""
        found: dict[str, Measured] = {}
        for text in texts:
            with suppress(InconclusiveError):
                found[text] = self._measure(text)
        return found

    def _measure(self, text: str) -> Measured:
        form = single(text)
        with prepared(self.sessions.executing, form) as statement:
            sets = sets_for(statement, form, read_relations(self.sessions.executing, form))
            return measure(statement, sets, self.pace)

    def _written(self, schema: str, table: str) -> Written | None:
        with suppress(CannotTry):
            return written(self.sessions.executing, schema, table, limit=self.pace.limit)
        return None

    @contextmanager
    def _without(self, place: str, definition: str) -> Generator[None]:
        """The index is gone while the block lasts."""
        import psycopg2

        with self.sessions.building.cursor() as cursor:
            try:
                cursor.execute(f"DROP INDEX {place}")
            except psycopg2.Error as error:
                raise CannotTry(f"the index cannot be dropped: {name_of(error)}") from None
            try:
                yield
            finally:
                with suppress(psycopg2.Error):
                    cursor.execute(definition)


def _named(sql: str) -> tuple[str | None, str]:
    """Schema and name of the one index that a DROP INDEX names."""
    try:
        tree = parse(sql)
    except Unparsable:
        raise CannotTry("its SQL is more than one DROP INDEX") from None
    if not isinstance(tree, nodes().DropStmt) or len(tree.objects) != 1:
        raise CannotTry("its SQL drops no index")
    names = [each.sval for each in tree.objects[0]]
    return (names[-2] if len(names) > 1 else None), names[-1]
