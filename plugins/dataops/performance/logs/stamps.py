"""The ten minutes of each entry, as they stand in its stamp."""

from __future__ import annotations

import polars as pl

from dataops.performance.logs.clock import PREFIX

TEN_MINUTES = "ten_minutes"
ZONE = "zone"


def with_buckets(entries: pl.DataFrame) -> pl.DataFrame:
    """Entries with the start of their stamp (``2026-11-28 15:0``) and the abbreviation of its zone."""
    zone = pl.lit("").alias(ZONE)
    if len(entries):
        zone = pl.lit(entries["stamp"][0].rpartition(" ")[2]).alias(ZONE)
        if not entries["stamp"].str.ends_with(f" {entries['stamp'][0].rpartition(' ')[2]}").all():
            zone = pl.col("stamp").str.extract(r" (\S+)$").alias(ZONE)
    return entries.with_columns(pl.col("stamp").str.slice(0, PREFIX).alias(TEN_MINUTES), zone)
