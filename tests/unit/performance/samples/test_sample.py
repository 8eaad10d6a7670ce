"""A sample is one Parquet file: what is written comes back, and no answer is no empty one."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from dataops.performance.columns import COUNT, FLAG, MOMENT, TEXT, TEXTS
from dataops.performance.samples.frames import from_csv
from dataops.performance.samples.sample import Header, Sample, read_header, read_rows, to_parquet

MOMENT_ = datetime(2026, 11, 28, 12, 0, 0, 123456, tzinfo=UTC)


def sample() -> Sample:
    header = Header(
        server="main",
        scope="databases/flights",
        taken=MOMENT_,
        at=MOMENT_,
        every=600.0,
        whole=True,
        version=150018,
        system_identifier="7561234567890123456",
        timeline=1,
        in_recovery=False,
        started=MOMENT_,
        address="127.0.0.1:5432",
        resets={"wal": MOMENT_, "database": None},
        missing={"statements": "It is not installed."},
        costs={"tables": 0.25, "locks": 0.125},
    )
    tables = pl.DataFrame(
        {"oid": [1, 2], "options": [["fillfactor=90"], None]}, schema={"oid": COUNT, "options": TEXTS}
    )
    return Sample(header, {"tables": tables, "locks": pl.DataFrame(schema={"pid": COUNT})})


def test_a_sample_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "sample.parquet"
    path.write_bytes(to_parquet(sample()))
    assert read_header(path) == sample().header
    assert read_header(path).seconds == pytest.approx(0.375)
    tables = read_rows(path, "tables")
    assert tables is not None and tables.equals(sample().rows["tables"])


def test_a_sample_of_before_the_uptime_was_kept_is_read() -> None:
    written = io.BytesIO()
    pl.read_parquet(to_parquet(sample())).drop("boot", "uptime").write_parquet(written)
    read = read_header(written.getvalue())
    assert (read.boot, read.uptime, read.taken) == ("", 0.0, sample().header.taken)


def test_no_rows_are_an_answer_and_no_answer_is_none(tmp_path: Path) -> None:
    written = to_parquet(sample())
    empty = read_rows(written, "locks")
    assert empty is not None and empty.schema == {"pid": COUNT} and empty.height == 0
    assert read_rows(written, "statements") is None


def test_copy_tells_null_from_empty_and_keeps_every_type() -> None:
    answer = (
        b'oid,"user",flag,at,options\n'
        b'1,"",t,2026-11-28 12:00:00.123456+00,"[""a=1"", ""b,c""]"\n'
        b"\\N,\\N,\\N,\\N,\\N\n"
        b'-9223372036854775808,"two\nlines, ""quoted""",f,2026-11-28 12:00:00+00,[]\n'
        b"3,x,f,infinity,\\N\n"
    )
    types = {"oid": COUNT, "user": TEXT, "flag": FLAG, "at": MOMENT, "options": TEXTS}
    assert from_csv(answer, types).rows() == [
        (1, "", True, MOMENT_, ["a=1", "b,c"]),
        (None, None, None, None, None),
        (-9223372036854775808, 'two\nlines, "quoted"', False, MOMENT_.replace(microsecond=0), []),
        (3, "x", False, None, None),
    ]
