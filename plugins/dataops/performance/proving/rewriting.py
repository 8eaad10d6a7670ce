"""A rewritten statement tried on a restored server: the same rows, sooner?"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from dataops.errors import InconclusiveError
from dataops.performance.advising import Relations, Rewritten, read_relations
from dataops.performance.finding import Advice, Proof
from dataops.performance.proving.building import index_built
from dataops.performance.proving.created import as_created
from dataops.performance.proving.executor import Sessions
from dataops.performance.proving.judging import Built, judge_rewrite, not_tried
from dataops.performance.proving.measurement import Measured
from dataops.performance.proving.measuring import Pace, measure
from dataops.performance.proving.parameters import Place, uses_of
from dataops.performance.proving.prepared import CannotTry, Prepared, prepared, single
from dataops.performance.proving.sets import Sets, sets_for

EVERY_ROW = "9223372036854775807"
"""A LIMIT that cuts nothing off: which rows a page holds is not settled where its order has ties."""
_DIGEST = (
    "SELECT count(*), coalesce(sum(hashtextextended(answer::text, 0)::numeric), 0) FROM ({text}) AS answer"
)


@dataclass(frozen=True)
class RewriteTrial:
    """Trials of rewrites on one database of a restored server, as ``Trial`` has them for indexes."""

    sessions: Sessions
    by: str
    pace: Pace = field(default_factory=Pace)

    def fits(self, advice: Advice) -> bool:
        """Whether it is advice to write a statement in another form."""
        return Rewritten.read(advice.sql) is not None

    def of(self, advice: Advice) -> Advice:
        """The advice with its proof; one that cannot be tried says so and why."""
        new = Rewritten.read(advice.sql)
        try:
            proof = self._proof(single(advice.statement), new) if new else not_tried(self.by, "no other form")
        except InconclusiveError as error:
            proof = not_tried(self.by, str(error))
        return advice.model_copy(update={"proof": proof})

    def _proof(self, text: str, new: Rewritten) -> Proof:
        self.sessions.look_in(as_created(new.index).schema if new.index else None)
        relations = read_relations(self.sessions.executing, text)
        with prepared(self.sessions.executing, text) as statement:
            sets = sets_for(statement, text, relations)
            before = measure(statement, sets, self.pace)
        same = self._rows(text, sets, relations) == self._rows(new.text, sets, relations)
        with self._index(new.index) as built:
            after = self._measured(new.text, sets)
        again = self._measured(text, sets)
        return judge_rewrite(self.by, before.faster(again), after, same_rows=same, built=built)

    @contextmanager
    def _index(self, sql: str) -> Generator[Built | None]:
        if not sql:
            yield None
            return
        with index_built(self.sessions.building, as_created(sql)) as built:
            yield built

    def _measured(self, text: str, sets: Sets) -> Measured:
        with self._form(text, sets) as statement:
            return measure(statement, sets, self.pace)

    @contextmanager
    def _form(self, text: str, sets: Sets) -> Generator[Prepared]:
        """One form of the statement, prepared; ``CannotTry`` where the values do not fit it."""
        with prepared(self.sessions.executing, text) as statement:
            if len(statement.types) != len(sets[0]):
                raise CannotTry("the other form has other parameters")
            yield statement

    def _rows(self, text: str, sets: Sets, relations: Relations) -> list[tuple[object, ...]]:
        """How many rows it gives with each set of values, and the sum of their hashes, in whatever order."""
        places = {number: use.place for number, use in uses_of(text, relations).items()}
        bounds = {Place.LIMIT: EVERY_ROW, Place.OFFSET: "0"}
        found = []
        with self._form(_DIGEST.format(text=text), sets) as statement:
            for values in sets:
                whole = [
                    bounds.get(places.get(number, Place.ELSEWHERE), value)
                    for number, value in enumerate(values, start=1)
                ]
                found.append(statement.row(whole, limit=self.pace.limit))
        return found
