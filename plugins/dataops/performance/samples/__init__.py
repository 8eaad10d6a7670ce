"""Samples: readings of a server's statistics, taken lightly, kept as Parquet, forgotten in time."""

from dataops.performance.samples.keeping import KEPT, Kept, database_scope, expire, kept, span
from dataops.performance.samples.sample import Header, Sample, read_header, read_rows
from dataops.performance.samples.taking import EVERY, Taken, take_sample
from dataops.performance.samples.texts import read_texts
from dataops.performance.samples.visiting import CAPABILITY, record_of, stopped, visit

__all__ = [
    "CAPABILITY",
    "EVERY",
    "KEPT",
    "Header",
    "Kept",
    "Sample",
    "Taken",
    "database_scope",
    "expire",
    "kept",
    "read_header",
    "read_rows",
    "read_texts",
    "record_of",
    "span",
    "stopped",
    "take_sample",
    "visit",
]
