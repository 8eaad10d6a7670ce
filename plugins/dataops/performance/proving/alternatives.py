"""Other indexes for the statement of an advice, now that its columns and their statistics are known."""

from __future__ import annotations

from dataops.performance.advising import Relations, index_advice, index_candidates
from dataops.performance.finding import Advice
from dataops.performance.proving.created import as_created


def alternatives(relations: Relations, advice: Advice) -> list[Advice]:
    """Advice for the same statement, best guess first, without the one that is given already."""
    own = as_created(advice.sql).shape
    found = index_candidates(advice.statement, relations)
    made = [index_advice(each, relations, statement=advice.statement) for each in found]
    return [each for each in made if as_created(each.sql).shape != own]
