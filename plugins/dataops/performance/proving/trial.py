"""Advice tried on a restored server: the statement with real data, without the index, with it, without it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from dataops.errors import InconclusiveError
from dataops.performance.advising import read_relations
from dataops.performance.finding import Advice, Proof
from dataops.performance.proving.alternatives import alternatives
from dataops.performance.proving.building import index_built
from dataops.performance.proving.created import Created, as_created
from dataops.performance.proving.executor import Sessions
from dataops.performance.proving.judging import Built, WriteCost, judge_measured, not_tried
from dataops.performance.proving.measurement import Measured
from dataops.performance.proving.measuring import Pace, measure
from dataops.performance.proving.prepared import CannotTry, Prepared, prepared, single
from dataops.performance.proving.sets import Sets, sets_for
from dataops.performance.proving.write_cost import Written, compared, written

MOST = 4
"""Indexes that are tried for one statement."""
AS_GOOD = 1.2
"""Where the statement takes at most so many times as long as with the best index, the size decides."""

SETTLED = 0.0002
"""Seconds that decide nothing."""


@dataclass(frozen=True)
class Attempt:
    """One index that was built, what the statement took with it, and what inserting rows took."""

    advice: Advice
    built: Built
    with_it: Measured
    cost: WriteCost | None = None

    def proof(self, by: str, before: Measured, again: Measured) -> Proof:
        """The proof, against both times without any of the indexes."""
        return judge_measured(by, self.built, before, self.with_it, again, self.cost)


@dataclass(frozen=True)
class Trial:
    """Trials on one database of a restored server.

    ``by`` is what the proofs are said to be made by. Nobody else may use the server. Every index is dropped
    again, every execution rolled back.
    """

    sessions: Sessions
    by: str
    pace: Pace = field(default_factory=Pace)

    def of(self, advice: Advice) -> Advice:
        """The advice with its proof; where another index proves better, the advice to build that one.

        Advice that is no index for a statement, or that cannot be tried, comes back with a proof that says
        so and why.
        """
        try:
            return self._tried(advice)
        except InconclusiveError as error:
            return advice.model_copy(update={"proof": not_tried(self.by, str(error))})

    def _tried(self, advice: Advice) -> Advice:
        text = single(advice.statement)
        self.sessions.look_in(as_created(advice.sql).schema)
        relations = read_relations(self.sessions.executing, text)
        choices = [advice, *alternatives(relations, advice)][:MOST]
        with prepared(self.sessions.executing, text) as statement:
            sets = sets_for(statement, text, relations)
            before = measure(statement, sets, self.pace)
            attempts = [self._attempt(statement, sets, advice)]
            for each in choices[1:]:
                with suppress(CannotTry):
                    attempts.append(self._attempt(statement, sets, each))
            again = measure(statement, sets, self.pace)
        return best([(each, each.proof(self.by, before, again)) for each in attempts])

    def _attempt(self, statement: Prepared, sets: Sets, advice: Advice) -> Attempt:
        """Inserting rows is measured only with an index that is used: for the others nobody will pay."""
        index = as_created(advice.sql)
        without = self._written(index)
        with index_built(self.sessions.building, index) as built:
            with_it = measure(statement, sets, self.pace)
            cost = compared(without, self._written(index)) if with_it.uses(built.names) else None
        return Attempt(advice, built, with_it, cost)

    def _written(self, index: Created) -> Written | None:
        """What inserting rows takes now; None where that cannot be measured."""
        with suppress(CannotTry):
            return written(
                self.sessions.executing, index.schema or "public", index.table, limit=self.pace.limit
            )
        return None


def best(attempts: Sequence[tuple[Attempt, Proof]]) -> Advice:
    """The advice that is given in the end, with its proof: the first one where none helps. Pure.

    Of those that help about as much as the fastest, the smallest index wins.
    """
    helping = [each for each in attempts if each[1].helps]
    if not helping:
        attempt, proof = attempts[0]
        return attempt.advice.model_copy(update={"proof": proof})
    least = min(attempt.with_it.seconds for attempt, _ in helping)
    as_good = [each for each in helping if each[0].with_it.seconds <= AS_GOOD * least + SETTLED]
    attempt, proof = min(as_good, key=lambda each: each[0].built.bytes)
    return attempt.advice.model_copy(update={"proof": proof})
