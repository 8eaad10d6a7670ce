"""Whether WAL reaches the archive from the new primary: judged purely, waited for with a deadline."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass

from dataops.connections import Connection
from dataops.evidence.verdict import Check, Verdict
from dataops.failover.verifying.judged import judged, part

WITHIN = 30.0
"""Seconds that the first segment of the new timeline may take to the archive."""


@dataclass(frozen=True)
class Archiver:
    """``pg_stat_archiver`` of one node, and whether it archives at all."""

    on: bool
    archived: int = 0
    last: str = ""
    failed: int = 0
    last_failed: str = ""
    last_failed_is_newer: bool = False

    @property
    def timeline(self) -> int:
        """That of the last file that reached the archive; 0 where there was none."""
        try:
            return int(self.last[:8], 16)
        except ValueError:
            return 0


def archive_continues(name: str, before: Archiver, after: Archiver, timeline: int, *, waited: float) -> Check:
    """A whole segment of the new timeline reached the archive after the promotion."""
    expected = f"WAL of timeline {timeline} reaches the archive"
    if not after.on:
        why = "archive_mode is off on this server" if not before.on else "the new primary does not archive"
        verdict = Verdict.FAILED if before.on else Verdict.NOT_APPLICABLE
        return Check(name=name, verdict=verdict, expected=expected, observed="not archived", reason=why)
    segment = after.timeline == timeline and len(after.last) == 24
    why = f"the last failure was at {after.last_failed}" if after.last_failed_is_newer else ""
    return judged(
        name,
        (
            part(
                "a segment of the new timeline",
                segment,
                expected=f"within {WITHIN:g} s",
                observed=f"{after.last or 'nothing'} after {waited:.1f} s",
                why=why,
            ),
            part(
                "the archiver goes on",
                not after.last_failed_is_newer,
                expected="no failure since the last success",
                observed=after.last_failed if after.last_failed_is_newer else "none",
            ),
        ),
        expected=expected,
        observed=after.last,
        seconds=waited,
    )


def read_archiver(connection: Connection) -> Archiver:
    """How archiving goes on this node."""
    from dataops.postgres import connect, explained, sql

    with (
        explained("reading how archiving goes"),
        closing(connect(connection, application_name="dataops failover", autocommit=True)) as conn,
        conn.cursor() as cursor,
    ):
        cursor.execute(sql(__package__, "archiver"))
        row = cursor.fetchone()
        assert row is not None
        return Archiver(*row)


def wait_for_archive(connection: Connection, before: Archiver, timeline: int, *, name: str) -> Check:
    """Ends the current segment, waits until the archive has one of this timeline, and judges."""
    begun = time.monotonic()
    after = read_archiver(connection)
    if after.on:
        _switch_segment(connection)
        while time.monotonic() - begun < WITHIN and not (
            after.timeline == timeline and len(after.last) == 24
        ):
            time.sleep(0.1)
            after = read_archiver(connection)
    return archive_continues(name, before, after, timeline, waited=time.monotonic() - begun)


def _switch_segment(connection: Connection) -> None:
    """The role may lack the right: then the server's own ``archive_timeout`` must do."""
    from dataops.postgres import RightsMissing, connect, explained

    try:
        with (
            explained("ending a segment of WAL"),
            closing(connect(connection, application_name="dataops failover", autocommit=True)) as conn,
            conn.cursor() as cursor,
        ):
            cursor.execute("SELECT pg_catalog.pg_switch_wal()")
    except RightsMissing:
        return
