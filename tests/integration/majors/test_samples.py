"""Each major is asked in its own words: it fills every column that it has, no other, and counts rightly."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pytest
from dataops.performance.columns import COLUMNS
from dataops.performance.samples.questions import DATABASE, SERVER
from dataops.performance.window import SectionName, Window

from tests.conftest import DatabaseServer, ObjectStoreServer
from tests.integration.majors.loaded import LOAD, SCRIPT, sessions_in_each_others_way
from tests.integration.performance.watched import Watched, watched

S = SectionName
NOTHING_TO_TELL: Mapping[SectionName, frozenset[str]] = {
    S.TABLES: frozenset({"renamed_from", "last_autovacuum", "last_autoanalyze"}),
    S.INDEXES: frozenset({"standby_scans"}),  # there is no standby
    S.ARCHIVER: frozenset({"last_failed_wal", "last_failed_at"}),
    # Who follows by logical decoding and confirms nothing has neither replayed nor an xmin.
    S.REPLICATION: frozenset({
        "replay_lag_bytes",
        "write_lag_seconds",
        "flush_lag_seconds",
        "replay_lag_seconds",
        "xmin_age",
        "replay_lag_bytes_peak",
        "replay_lag_seconds_peak",
    }),
    S.SLOTS: frozenset({"xmin_age", "invalidation_reason"}),
    S.SESSIONS: frozenset({"prepared"}),
    S.BLOCKING: frozenset({"relation", "blocking_prepared"}),
    S.SETTINGS: frozenset({"previous", "changed_at"}),
}
"""What this load rightly leaves empty on every major."""
NEVER_RESET = {S.DATABASE: "statistics_since"}
"""From 15 on a database whose statistics were never reset does not say since when they count."""


@pytest.fixture(scope="module")
def one(server: DatabaseServer, object_store_server: ObjectStoreServer) -> Watched:
    """A database that was sampled before, in the middle of and after the load: whole, light and whole."""
    server.execute("SELECT pg_stat_reset_shared('archiver')")  # another test makes it fail
    server.execute("ALTER ROLE ALL SET deadlock_timeout = '4s'")
    made = watched(server, object_store_server, SCRIPT)
    made.sample()
    for statement in LOAD:
        made.execute(statement)
    with sessions_in_each_others_way(made):
        made.sample(whole=False)
    made.sample()
    return made


@pytest.fixture(scope="module")
def seen(one: Watched) -> Window:
    return one.window()


def only(frame: pl.DataFrame, **labels: object) -> dict[str, object]:
    """The only row with these labels."""
    return frame.filter(*(pl.col(name) == value for name, value in labels.items())).row(0, named=True)


def test_every_question_has_an_answer(one: Watched) -> None:
    assert [taken.failed for taken in one.taken] == [{}] * 3
    assert [sample.header.missing for taken in one.taken for sample in taken.samples] == [{}] * 6
    asked = {question.name for question in (*SERVER, *DATABASE)} | {"statements", "evictions"}
    assert asked <= {name for sample in one.taken[-1].samples for name in sample.rows}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_section_has_the_columns_of_this_major_and_no_others(
    seen: Window, name: SectionName, major: int
) -> None:
    section, columns = seen.section(name), COLUMNS[name]
    assert (section.quality.missing, section.quality.notes) == ("", ())
    empty = set(NOTHING_TO_TELL.get(name, ())) | ({NEVER_RESET.get(name)} if major >= 15 else set())
    for frame, promised in ((section.totals, columns.totals), (section.series, columns.series)):
        filled = {column.name for column in promised if frame[column.name].null_count() < frame.height}
        known = {each.name for each in promised if each.since <= major <= (each.until or major)}
        assert filled == (known - empty if frame.height else set())
    assert section.totals.height


def test_what_was_done_is_what_is_counted(one: Watched, seen: Window) -> None:
    called = only(seen.section(S.STATEMENTS).totals, text="SELECT count(*) FROM child WHERE note = $1")
    assert called["calls"] == 3
    assert called["rows"] == 3
    changed = only(seen.section(S.TABLES).totals, name="child")
    assert (changed["rows_updated"], changed["rows_deleted"]) == (99, 101)
    assert changed["vacuums"] == changed["analyzes"] == 1
    assert changed["seq_scans"] >= 3
    whole = seen.section(S.DATABASE).totals.row(0, named=True)
    assert whole["temp_files"] >= 1
    assert whole["temp_bytes"] > 100_000


def test_a_setting_of_all_roles_is_another_than_the_servers_own(seen: Window) -> None:
    rows = seen.section(S.SETTINGS).totals.filter(pl.col("name") == "deadlock_timeout")
    assert set(rows.select("scope", "value").rows()) >= {("", "4000"), ("all roles", "4s")}
    assert rows["changed_at"].null_count() == rows.height


def test_the_servers_own_work_is_counted_wherever_this_major_keeps_it(seen: Window) -> None:
    """Checkpoints left pg_stat_bgwriter with 17, WAL writes left pg_stat_wal with 18."""
    checkpoints = seen.section(S.CHECKPOINTS).totals.row(0, named=True)
    assert checkpoints["requested"] >= 1
    assert checkpoints["buffers_checkpoint"] > 100
    assert checkpoints["write_seconds"] >= 0
    wal = seen.section(S.WAL).totals.row(0, named=True)
    assert wal["bytes"] > 1_000_000
    assert wal["records"] > 10_000
    assert wal["writes"] > 10
    archived = seen.section(S.ARCHIVER).totals.row(0, named=True)
    assert (archived["enabled"], archived["failed"]) == (True, 0)
