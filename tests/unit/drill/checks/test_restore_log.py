"""Which lines of a log make a drill red."""

from __future__ import annotations

import pytest
from dataops.drill.checks.restore_log import HARMLESS, complaints

GRAVE = (
    'pg_restore: error: could not execute query: ERROR:  role "anna" does not exist',
    "pg_restore: warning: errors ignored on restore: 1",
    "2026-11-25 16:57:58.728 P00   WARN: file '/x' has an invalid checksum",
    "2026-11-25 16:57:58.728 P01  ERROR: [039]: unable to read",
    "2026-11-25 16:58:05 UTC [1] WARNING:  page verification failed, calculated checksum 1 but expected 2",
    '2026-11-25 16:58:05 UTC [1] FATAL:  could not access file "pg_cron": No such file or directory',
    "2026-11-25 16:58:05 UTC [1] PANIC:  could not locate a valid checkpoint record",
    "16:58:05 UTC [1] LOG:  server process (PID 7) was terminated by signal 11: Segmentation fault",
    "2026-11-25 16:58:05 UTC [1] LOG:  invalid checkpoint record",
    'WARNING:  database "shop" has a collation version mismatch',
)
FINE = (
    "2026-11-25 16:58:05 UTC [1] WARNING:  wal_level is insufficient to publish logical changes",
    '2026-11-25 16:58:05 UTC [1] WARNING:  "wal_level" is insufficient to publish logical changes',
    "16:58:07 UTC [1] LOG:  invalid magic number 0000 in log segment 00000001000000000000000A, offset 0",
    "16:58:07 UTC [1] LOG:  invalid magic number 0000 in WAL segment 00000001000000A, LSN 0/A00, offset 0",
    "16:58:07 UTC [1] LOG:  unexpected pageaddr 0/9000 in WAL segment 000000010000000A, LSN 0/A000, offset 0",
    "16:58:07 UTC [1] LOG:  invalid record length at 0/8002770: expected at least 24, got 0",
    "WARNING:  tables were not subscribed, you will have to run ALTER SUBSCRIPTION ... REFRESH PUBLICATION",
    'pg_restore: processing data for table "public.error: log"',
    "2026-11-25 16:57:58.728 P00   INFO: restore command begin 2.45: --log-level-stderr=warn",
    "2026-11-25 16:57:59.588 P02 DETAIL: restore file /tmp/x/base/5/1255 (768KB, 3.54%) checksum ab",
    "2026-11-25 16:58:06.094 UTC [1] postgres@postgres FATAL:  the database system is starting up",
    "16:58:06.094 UTC [1] postgres@postgres FATAL:  the database system is not accepting connections",
    "2026-11-25 16:58:06.094 UTC [1] postgres@postgres DETAIL:  Hot standby mode is disabled.",
    "2026-11-25 16:58:06.094 UTC [1] STATEMENT:  SELECT 'ERROR:  nothing'",
    "\tERROR:  the rest of a statement",
    "2026-11-25 16:58:06.094 UTC [1] LOG:  duration: 7 ms  statement: SELECT * FROM corrupted",
    "2026-11-25 16:58:07 UTC [1] LOG:  invalid record length at 0/8002770: wanted 24, got 0",
    "2026-11-25 16:58:07 UTC [1] LOG:  database system was interrupted; last known up at 2026-11-25",
    "2026-11-25 16:58:07 UTC [1] LOG:  redo done at 0/8002770",
)


@pytest.mark.parametrize("line", GRAVE)
def test_a_complaint(line: str) -> None:
    assert len([*complaints([line], log=True)]) == 1


@pytest.mark.parametrize("line", FINE)
def test_no_complaint(line: str) -> None:
    assert [*complaints([line], log=True)] == []


def test_every_harmless_message_says_why() -> None:
    assert all(len(reason) > 20 for reason in HARMLESS.values())
