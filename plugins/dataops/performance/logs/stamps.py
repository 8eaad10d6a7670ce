"""The ten minutes of each entry, as they stand in its stamp."""

from __future__ import annotations

import polars as pl

from dataops.performance.logs.clock import PREFIX

TEN_MINUTES = "ten_minutes"
ZONE = "zone"


def with_buckets(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries with the start of their stamp (``2026-11-28 15:0``) and the abbreviation of its zone."""
    stamps = entries["stamp"]
    first = stamps[0].rpartition(" ")[2] if len(stamps) else ""
    # Clocks are set forward or back twice a year: else one look tells the zone of all.
    same = stamps.str.ends_with(f" {first}").all()
    zone = pl.lit(first) if same else pl.col("stamp").str.extract(r" (\S+)$")
    return entries.with_columns(pl.col("stamp").str.slice(0, PREFIX).alias(TEN_MINUTES), zone.alias(ZONE))
