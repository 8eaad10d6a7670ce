"""What a server does not log is said, and what cannot be counted is refused."""

from __future__ import annotations

import pytest
from dataops.errors import ConfigurationError
from dataops.performance.logs.columns import LogKind, unmeasured
from dataops.performance.logs.formats.csvlog import CsvLog
from dataops.performance.logs.formats.jsonlog import JsonLog
from dataops.performance.logs.formats.stderr import StderrLog
from dataops.performance.logs.settings import LogSettings
from dataops.performance.window import Quality

ALL = {
    "log_destination": "stderr,jsonlog",
    "lc_messages": "C",
    "log_line_prefix": "%m [%p] %d ",
    "log_timezone": "Europe/Berlin",
    "log_min_duration_statement": "0",
    "log_lock_waits": "on",
    "log_temp_files": "0",
    "log_checkpoints": "on",
    "log_connections": "on",
    "log_autovacuum_min_duration": "0",
    "shared_preload_libraries": "pg_stat_statements,auto_explain",
}


def kinds(**changes: str) -> set[LogKind]:
    return set(unmeasured(Quality(notes=LogSettings({**ALL, **changes}).notes())))


def test_a_server_that_logs_everything_leaves_nothing_unmeasured() -> None:
    assert LogSettings(ALL).notes() == ()


@pytest.mark.parametrize(
    ("setting", "value", "missing"),
    [
        ("log_lock_waits", "off", {LogKind.LOCK_WAIT}),
        ("log_temp_files", "-1", {LogKind.TEMP_FILE}),
        ("log_checkpoints", "off", {LogKind.CHECKPOINT}),
        ("log_connections", "", {LogKind.CONNECTION}),
        ("log_connections", "receipt,setup_durations", {LogKind.CONNECTION}),
        ("log_connections", "receipt, authorization", set()),
        ("log_connections", "all", set()),
        ("log_autovacuum_min_duration", "-1", {LogKind.VACUUM, LogKind.ANALYZE}),
        ("log_min_duration_statement", "-1", {LogKind.STATEMENT, LogKind.PREPARATION}),
        ("shared_preload_libraries", "", {LogKind.PLAN}),
        ("log_min_messages", "fatal", {LogKind.ERROR, LogKind.DEADLOCK}),
    ],
)
def test_a_kind_that_is_not_logged_is_not_measured(setting: str, value: str, missing: set[LogKind]) -> None:
    assert kinds(**{setting: value}) == missing


def test_settings_that_the_role_may_not_see_are_no_health() -> None:
    assert set(unmeasured(Quality(notes=LogSettings({}).notes()))) >= {LogKind.LOCK_WAIT, LogKind.STATEMENT}


def test_a_threshold_is_told() -> None:
    notes = LogSettings({**ALL, "log_min_duration_statement": "250"}).notes()
    assert notes == ("Statements faster than 250 ms are not in the log (log_min_duration_statement).",)


def test_the_format_that_tells_most_is_read() -> None:
    for english in ("C", "C.UTF-8", "POSIX", "en_GB.UTF-8", ""):
        assert isinstance(LogSettings({**ALL, "lc_messages": english}).format, JsonLog)
    assert isinstance(LogSettings({**ALL, "log_destination": "stderr,csvlog"}).format, CsvLog)
    assert isinstance(LogSettings({**ALL, "log_destination": "stderr"}).format, StderrLog)


@pytest.mark.parametrize("language", ["", "C", "C.UTF-8", "POSIX", "en_US.UTF-8", "en_GB"])
def test_english_goes_by_many_names(language: str) -> None:
    assert isinstance(LogSettings({**ALL, "lc_messages": language}).format, JsonLog)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"log_destination": "syslog"}, "log_destination is 'syslog'"),
        ({"lc_messages": "de_DE.UTF-8"}, "lc_messages is 'de_DE.UTF-8'"),
        ({"log_destination": "stderr", "log_line_prefix": "%m [%p] "}, "add %d"),
        (
            {"log_destination": "stderr", "log_line_prefix": "%m %d ", "log_error_verbosity": "terse"},
            "Add %e",
        ),
    ],
)
def test_what_cannot_be_counted_is_refused(changes: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        written_as = LogSettings({**ALL, **changes}).format
        written_as.parse(b"x\n")
