"""Which index a slow statement lacks, which index nobody needs: advice with its SQL, cost and undo."""

from dataops.performance.advising.candidate import Candidate
from dataops.performance.advising.candidates import foreign_key_index, index_candidates
from dataops.performance.advising.from_window import relations_of
from dataops.performance.advising.index_advice import drop_advice, index_advice
from dataops.performance.advising.parsing import Unparsable
from dataops.performance.advising.reading import read_relations
from dataops.performance.advising.relations import Column, Index, Relation, Relations
from dataops.performance.advising.rewriting import rewrite_advice
from dataops.performance.advising.rewritten import Rewritten
from dataops.performance.advising.unneeded import Unneeded, duplicate_indexes, unused_indexes

__all__ = [
    "Candidate",
    "Column",
    "Index",
    "Relation",
    "Relations",
    "Rewritten",
    "Unneeded",
    "Unparsable",
    "drop_advice",
    "duplicate_indexes",
    "foreign_key_index",
    "index_advice",
    "index_candidates",
    "read_relations",
    "relations_of",
    "rewrite_advice",
    "unused_indexes",
]
