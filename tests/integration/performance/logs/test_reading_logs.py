"""A server's own log is read in each format, with every kind of entry and without any literal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from dataops.errors import ConfigurationError
from dataops.performance.logs import ledger
from dataops.performance.logs.collecting import collect
from dataops.performance.logs.columns import SERIES, TOTALS, LogKind, unmeasured
from dataops.performance.logs.digesting import Digest
from dataops.performance.logs.formats.csvlog import CsvLog
from dataops.performance.logs.formats.jsonlog import JsonLog
from dataops.performance.logs.formats.stderr import StderrLog
from dataops.performance.logs.reading import read
from dataops.performance.logs.section import section
from dataops.performance.statement_text import fingerprint
from dataops.performance.window import Section
from dataops.store import ObjectStore

from tests.integration.performance.logs.conftest import SECRET, SETTINGS, Logging

FORMATS = {"json": JsonLog(), "csv": CsvLog(), "log": StderrLog(SETTINGS["log_line_prefix"])}

BY_ITSELF = (LogKind.CONNECTION, LogKind.CHECKPOINT, LogKind.VACUUM, LogKind.ANALYZE)
"""What the server goes on logging while its files are read one after the other."""


def window(server: Logging) -> Section:
    now = datetime.now(UTC)
    return section(server.store, "logging", server.dbname, now - timedelta(hours=1), now)


def digest_of(folder: Path, suffix: str) -> pl.DataFrame:
    digest = Digest(UTC)
    for path in sorted(folder.glob(f"*.{suffix}")):
        read([path.read_bytes()], FORMATS[suffix], digest, complete=True)
    return digest.rows()


@pytest.fixture(scope="module")
def counted(logging: Logging) -> Section:
    """The log, read over SQL by a role that may read nothing else of the server's files."""
    collect(logging.platform, "logging")
    return window(logging)


def one(counted: Section, kind: LogKind, **fields: str) -> dict[str, object]:
    wanted = [pl.col(name) == value for name, value in fields.items()]
    rows = counted.totals.filter(pl.col("kind") == kind, *wanted)
    assert len(rows) == 1, counted.totals.filter(pl.col("kind") == kind)
    return rows.row(0, named=True)


def test_a_statement_is_counted_under_its_text(counted: Section) -> None:
    text = "select note from orders where id = ? and note <> ?"
    row = one(counted, LogKind.STATEMENT, text=text)
    assert row["count"] == 7
    assert 0 < row["max_seconds"] <= row["total_seconds"]
    assert row["queryid"] != 0
    assert row["statement"] == fingerprint("SELECT note FROM orders WHERE id = $1 AND note <> $2")


def test_errors_are_told_with_their_state_and_statement(counted: Section) -> None:
    errors = counted.totals.filter(pl.col("kind") == LogKind.ERROR)
    told = {(row["code"], row["text"], row["detail"]) for row in errors.iter_rows(named=True)}
    assert (
        "23505",
        'duplicate key value violates unique constraint "orders_pkey"',
        "insert into orders values (?, ?)",
    ) in told
    assert ("P0001", "raised in PL/pgSQL function pay(text) line 1", "select pay(?)") in told
    assert ("22P02", "invalid input syntax for type integer", "select ?::int") in told
    assert ("42601", 'syntax error at or near "?"', "select …") in told
    assert ("42P01", 'relation "missing" does not exist', "select * from missing where a = ?") in told


def test_a_deadlock_is_told_with_its_parties(counted: Section) -> None:
    row = one(counted, LogKind.DEADLOCK)
    assert row["count"] == 1
    assert row["text"] == "update orders set state = ? where id = ?"
    assert row["detail"] == "orders"


def test_a_wait_for_a_lock_is_told_with_who_waited_and_for_what(counted: Section) -> None:
    row = one(counted, LogKind.LOCK_WAIT, text="update orders set note = ? where id = ?")
    assert (row["code"], row["detail"]) == ("ShareLock", "orders")
    assert row["count"] == 1
    assert 0.2 < row["max_seconds"] < 20


def test_temporary_files_are_told_with_their_statement(counted: Section) -> None:
    rows = counted.totals.filter(
        pl.col("kind") == LogKind.TEMP_FILE, pl.col("text").str.contains("order by g desc")
    )
    assert rows["bytes"].sum() > 100_000


def test_checkpoints_are_told_by_their_reason(counted: Section) -> None:
    row = one(counted, LogKind.CHECKPOINT, text="immediate force wait")
    assert row["count"] >= 1
    assert row["buffers"] > 0
    assert row["total_seconds"] > 0


def test_a_table_that_autovacuum_visited_is_told(counted: Section) -> None:
    row = one(counted, LogKind.VACUUM, text="public.orders")
    assert row["count"] >= 1
    assert one(counted, LogKind.ANALYZE, text="public.orders")["count"] >= 1


def test_a_plan_is_told_by_its_shape(counted: Section) -> None:
    text = "select state from orders where id = ? and note <> ?"
    row = next(
        each
        for each in counted.totals.filter(pl.col("kind") == LogKind.PLAN).iter_rows(named=True)
        if each["text"].endswith(text)
    )
    assert row["detail"].startswith("Index Scan using orders_pkey on orders")
    assert "Index Cond: (id = ?)" in row["detail"]
    assert len(row["code"]) == 12


def test_connections_are_counted(counted: Section) -> None:
    assert one(counted, LogKind.CONNECTION)["count"] >= 12


def test_no_literal_is_told(counted: Section) -> None:
    texts = counted.totals.select(pl.concat_str("text", "detail", separator=" ")).to_series()
    assert not texts.str.contains(SECRET).any()
    assert not texts.str.contains(r"\b(?:[5-7]\d{3}|4242)\b").any()


def test_totals_and_series_have_their_columns_and_agree(counted: Section) -> None:
    assert dict(counted.totals.schema) == dict(TOTALS)
    assert dict(counted.series.schema) == dict(SERIES)
    by_kind = counted.totals.group_by("kind").agg(pl.col("count").sum()).sort("kind")
    over_time = counted.series.group_by("kind").agg(pl.col("count").sum()).sort("kind")
    assert by_kind.equals(over_time)


def test_what_the_server_does_not_log_is_said(counted: Section) -> None:
    assert counted.quality.measurable
    assert unmeasured(counted.quality) == {}


def told_by(logging: Logging, suffix: str) -> pl.DataFrame:
    """What a format tells of everything but the server's own doing."""
    things = ("kind", "text", "detail", "code", "database")
    return (
        digest_of(logging.folder, suffix)
        .filter(~pl.col("kind").is_in(BY_ITSELF))
        .group_by(*things)
        .agg(pl.col("count", "total_seconds", "bytes", "buffers").sum(), pl.col("max_seconds").max())
        .with_columns(pl.col("total_seconds").round(6))
        .sort(*things)
    )


def test_all_three_formats_tell_the_same(logging: Logging) -> None:
    first, *others = FORMATS
    for _ in range(10):  # until nothing was logged while they were read one after the other
        told, rest = told_by(logging, first), [told_by(logging, each) for each in others]
        if told_by(logging, first).equals(told) and all(each.equals(told) for each in rest):
            return
    pytest.fail(f"{first} tells {told}, the others {rest}")


def test_the_next_visit_goes_on_where_the_last_one_ended(logging: Logging, counted: Section) -> None:
    logging.execute("SELECT 'first' AS only_once")
    logging.primary.execute("SELECT pg_rotate_logfile()")
    logging.execute("SELECT 'second' AS after_rotation")
    collect(logging.platform, "logging")
    collect(logging.platform, "logging")
    totals = window(logging).totals.filter(pl.col("kind") == LogKind.STATEMENT)
    counts = dict(totals.select("text", "count").iter_rows())
    assert counts["select ? as only_once"] == 1
    assert counts["select ? as after_rotation"] == 1
    assert counts["select note from orders where id = ? and note <> ?"] == 7


def test_a_log_that_is_read_in_small_steps_is_counted_once(logging: Logging, tmp_path: Path) -> None:
    stepwise = replace(
        logging, store=ObjectStore.from_connection(logging.store.connection, logging.another_bucket())
    )
    collect(stepwise.platform, "logging", folder=tmp_path)  # of a server that has logged nothing yet
    step = sum(path.stat().st_size for path in logging.folder.glob("*.json")) // 3
    first = collect(stepwise.platform, "logging", folder=logging.folder, limit=step)
    assert 0 < first.read <= step
    assert first.piece.until <= datetime.now(UTC)
    for _ in range(5):  # visits are logged too, so that there is always something new
        collect(stepwise.platform, "logging", folder=logging.folder, limit=step)
    text = "select note from orders where id = ? and note <> ?"
    assert one(window(stepwise), LogKind.STATEMENT, text=text)["count"] == 7


def test_the_first_visit_to_a_long_log_reads_its_end(logging: Logging) -> None:
    late = replace(
        logging, store=ObjectStore.from_connection(logging.store.connection, logging.another_bucket())
    )
    logging.execute("SELECT 'last' AS newest")
    first = collect(late.platform, "logging", folder=logging.folder, limit=10_000)
    assert 0 < first.read <= 10_000
    assert one(window(late), LogKind.STATEMENT, text="select ? as newest")["count"] == 1


def test_a_rotated_file_goes_on_under_its_new_name(logging: Logging, tmp_path: Path) -> None:
    rotated = replace(
        logging, store=ObjectStore.from_connection(logging.store.connection, logging.another_bucket())
    )
    oldest = min(logging.folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    lines = oldest.read_bytes().splitlines(keepends=True)
    current, copied = tmp_path / "server.json", tmp_path / "server.json.1"
    current.write_bytes(b"".join(lines[:20]))
    collect(rotated.platform, "logging", folder=tmp_path)
    copied.write_bytes(b"".join(lines))
    current.write_bytes(b"")
    collect(rotated.platform, "logging", folder=tmp_path)
    current.write_bytes(lines[-1].replace(b'"line_num":', b'"line_num":9'))
    collect(rotated.platform, "logging", folder=tmp_path)
    (tmp_path / "kept.json").write_bytes(b"".join(lines))
    last = collect(rotated.platform, "logging", folder=tmp_path)
    assert last.read == 0
    entries = section(
        rotated.store, "logging", rotated.dbname, *(datetime.now(UTC) + timedelta(hours=h) for h in (-1, 1))
    )
    text = "select note from orders where id = ? and note <> ?"
    assert one(entries, LogKind.STATEMENT, text=text)["count"] == 7
    assert not any("was gone" in note for note in entries.quality.notes)


def test_a_file_that_went_before_it_was_read_to_its_end_is_told(logging: Logging, tmp_path: Path) -> None:
    away = replace(
        logging, store=ObjectStore.from_connection(logging.store.connection, logging.another_bucket())
    )
    newest = max(logging.folder.glob("*.json"), key=lambda path: path.stat().st_mtime)
    (tmp_path / "old.json").write_bytes(newest.read_bytes())
    collect(away.platform, "logging", folder=tmp_path)
    (tmp_path / "old.json").write_bytes(newest.read_bytes().replace(b"2026", b"2025", 1) * 2)
    collect(away.platform, "logging", folder=tmp_path)
    assert any("old.json was gone" in note for note in window(away).quality.notes)


def test_counts_are_removed_when_they_are_no_longer_kept(logging: Logging) -> None:
    kept = replace(
        logging, store=ObjectStore.from_connection(logging.store.connection, logging.another_bucket())
    )
    first = collect(kept.platform, "logging", folder=logging.folder).piece
    known, etag = ledger.load(kept.store, "logging")
    old = first.model_copy(update={"until": first.until - timedelta(days=36)})
    ledger.save(kept.store, "logging", known.model_copy(update={"pieces": (old, first)[:1]}), etag)
    second = collect(kept.platform, "logging", folder=logging.folder).piece
    assert [each.key for each in ledger.load(kept.store, "logging")[0].pieces] == [second.key]
    assert not kept.store.exists(first.key)


def test_a_log_that_could_not_be_read_is_not_measurable(logging: Logging, tmp_path: Path) -> None:
    unread = replace(
        logging, store=ObjectStore.from_connection(logging.store.connection, logging.another_bucket())
    )
    assert not window(unread).quality.measurable
    with pytest.raises(ConfigurationError):
        collect(unread.platform, "logging", folder=tmp_path / "missing")
    assert "folder cannot be read" in window(unread).quality.missing


def test_a_role_without_the_right_is_told_what_to_run(logging: Logging) -> None:
    logging.primary.execute("REVOKE dataops_log_reader FROM watcher; GRANT pg_monitor TO watcher")
    try:
        with pytest.raises(ConfigurationError, match=r"server_log\.sql"):
            collect(logging.platform, "logging")
    finally:
        logging.primary.execute("GRANT dataops_log_reader TO watcher")


def test_the_right_opens_no_file_but_the_logs(logging: Logging) -> None:
    for name in ("../postgresql.conf", "/etc/passwd", "../global/1260", ""):
        with pytest.raises(Exception, match="no file of this name"):
            logging.primary.execute(f"SET ROLE watcher; SELECT dataops_log.read('{name}', 0, 100)")
