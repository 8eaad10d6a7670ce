"""Checkpoints, blocks that sessions must write themselves, WAL archiving, standbys and slots."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from dataops.inventory.size import bytes_of
from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import Row, Unmeasurable, View, measured
from dataops.performance.findings.words import bytes_, count, figure, percent, seconds
from dataops.performance.window import SectionName

BLOCK = 8192
_FEW = 5
"""Checkpoints under which nothing is a storm."""
_HURRIED = 0.3
"""Share of checkpoint_timeout that lies between checkpoints of a storm."""
_STOPPED_HOURLY = 60.0
"""Stops of the background writer an hour that say that it is held too short."""
_LEAST_WRITTEN = 10_000_000


def checkpoint_storm(view: View) -> Iterator[Finding | str]:
    """Checkpoints that come because of max_wal_size, one after the other: every page is written whole "
    "again."""
    row = view.row(SectionName.CHECKPOINTS)
    requested, timed = row["requested"] or 0, row["timed"] or 0
    timeout = view.number("checkpoint_timeout") or 300.0
    if requested < _FEW or requested <= timed:
        return
    between = view.window.seconds / (requested + timed)
    if between > _HURRIED * timeout:
        return
    wal = _wal(view)
    size = view.number("max_wal_size")
    if wal is None or size is None:
        yield "How much WAL came between the checkpoints is not known: they may have been asked for by hand."
    by_size = wal is not None and size is not None and wal / requested >= 0.2 * size
    wanted = max(1, round((wal or 0) / view.window.seconds * timeout * 2.5 / 1024**3))
    yield Finding(
        code="checkpoint-storm",
        object="server",
        severity=Severity.WARNING if by_size else Severity.NOTICE,
        cause=Cause.SETTING if by_size else Cause.APPLICATION,
        sentence=f"{count(requested, 'checkpoint')} were forced, one every {seconds(between)} instead "
        "of every "
        f"{seconds(timeout)}: "
        + (
            f"the WAL of {bytes_(wal or 0)} does not fit into a max_wal_size of {bytes_(size or 0)}."
            if by_size
            else "not by the WAL's size, so by CHECKPOINT, backups or CREATE DATABASE."
        ),
        confidence=0.95 if by_size else 0.6,
        evidence=(
            figure("forced checkpoints", requested),
            figure("checkpoints by time", timed),
            figure("time between", between, "seconds"),
            figure("WAL", wal or 0, "bytes"),
            figure("max_wal_size", size or 0, "bytes"),
        ),
        advice=Advice(
            sentence="Let the WAL of a checkpoint_timeout fit, with room.",
            sql=f"ALTER SYSTEM SET max_wal_size = '{wanted}GB';\nSELECT pg_reload_conf();",
            cost=f"Up to {wanted} GB of disk in pg_wal, and a longer recovery after a crash.",
            undo="ALTER SYSTEM RESET max_wal_size;\nSELECT pg_reload_conf();",
            verify="Forced checkpoints and full page images in the next report.",
        )
        if by_size
        else None,
    )


def _wal(view: View) -> float | None:
    try:
        return float(view.row(SectionName.WAL)["bytes"])
    except (Unmeasurable, TypeError):
        return None


def backend_writes(view: View) -> Iterator[Finding | str]:
    """Sessions that must write other sessions' blocks before they get a free one."""
    row = view.row(SectionName.CHECKPOINTS)
    own = measured(
        row,
        "buffers_backend",
        "The server does not tell who wrote blocks (pg_stat_io of 17 may not be read).",
    )
    all_ = own + (row["buffers_checkpoint"] or 0) + (row["buffers_clean"] or 0)
    written = own * BLOCK
    if written < _LEAST_WRITTEN or view.daily(written) < bytes_of(view.thresholds.backend_writes_daily):
        return
    if own < all_ * view.thresholds.backend_writes / 100:
        return
    stops = row["maxwritten_clean"] or 0
    off = view.number("bgwriter_lru_maxpages") == 0
    held_short = off or view.daily(stops) / 24 >= _STOPPED_HOURLY
    fsyncs = row["buffers_backend_fsync"] or 0
    why = (
        "The background writer is off (bgwriter_lru_maxpages = 0)."
        if off
        else f"The background writer had to stop {count(stops, 'time')} (bgwriter_lru_maxpages)."
        if held_short
        else "Bulk loads and new blocks of growing tables do so by design."
    )
    yield Finding(
        code="backend-writes",
        object="server",
        severity=Severity.WARNING if off or fsyncs else Severity.NOTICE,
        cause=Cause.SETTING if held_short else Cause.CAPACITY,
        sentence=f"Sessions wrote {percent(own / all_)} of all blocks themselves ({bytes_(written)}) "
        "and waited for it. "
        f"{why}",
        confidence=0.9 if off else 0.5,
        evidence=(
            figure("blocks written by sessions", own),
            figure("blocks written by checkpoints", row["buffers_checkpoint"] or 0),
            figure("blocks written by the background writer", row["buffers_clean"] or 0),
            figure("stops of the background writer", stops),
        ),
        advice=Advice(
            sentence="Let the background writer work ahead of the sessions.",
            sql="ALTER SYSTEM SET bgwriter_lru_maxpages = 400;\nALTER SYSTEM SET bgwriter_delay = '50ms';\n"
            "SELECT pg_reload_conf();",
            cost="Some blocks are written more often than before.",
            undo="ALTER SYSTEM RESET bgwriter_lru_maxpages;\nALTER SYSTEM RESET bgwriter_delay;\n"
            "SELECT pg_reload_conf();",
            verify="Who writes blocks, in the next report.",
        ),
    )


def archiver_failing(view: View) -> Iterator[Finding | str]:
    """WAL that cannot be archived: it piles up, and the recovery points of backups stand still."""
    row = view.row(SectionName.ARCHIVER)
    if not row["enabled"] or not row["failed"]:
        return
    last, failed = row["last_archived_at"], row["last_failed_at"]
    still = failed is not None and (last is None or failed > last)
    yield Finding(
        code="archiver-failing",
        object="server",
        severity=Severity.CRITICAL if still else Severity.WARNING,
        cause=Cause.SERVICE,
        sentence=f"Archiving WAL failed {count(row['failed'], 'time')}, last at {row['last_failed_wal']}"
        + (
            ". It still fails: no newer recovery point exists, and pg_wal grows."
            if still
            else "; it works again."
        ),
        evidence=(
            figure("failed attempts", row["failed"]),
            figure("files archived", row["archived"] or 0),
            figure("files that wait", row["waiting_files"] or 0),
        ),
        advice=Advice(
            sentence="Read why in the server's log, mend the archive_command's target, and watch the "
            "files that wait.",
            cost="None.",
            undo="None.",
            verify="SELECT last_archived_time, last_failed_time FROM pg_stat_archiver;",
        ),
    )


def replication_lag(view: View) -> Iterator[Finding | str]:
    """A standby that is behind: its reads are old, and a failover would lose that much."""
    most, longest = (
        bytes_of(view.thresholds.replication_lag_size),
        view.thresholds.replication_lag.total_seconds(),
    )
    series = view.window.section(SectionName.REPLICATION).series
    for row in view.rows(SectionName.REPLICATION):
        if not row["present"]:
            if row["state"] != "backup":
                yield _missing_standby(row)
            continue
        lag, late = row["replay_lag_bytes"] or 0, row["replay_lag_seconds"] or 0.0
        for_long = _behind_for_long(series, row["standby"], most, longest)
        if lag < most and late < longest and not for_long:
            continue
        peak = row["replay_lag_bytes_peak"] or lag
        sent = row["sent_lag_bytes"] or 0
        where = "the network or the sender" if sent > lag / 2 else "replay on the standby"
        yield Finding(
            code="replication-lag",
            object=f"standby {row['standby'] or row['address']}",
            severity=Severity.WARNING,
            cause=Cause.CAPACITY if sent > lag / 2 else Cause.SERVICE,
            sentence=f"{row['standby'] or row['address']} is {bytes_(lag)} of WAL behind"
            + (f" ({seconds(late)})" if late else "")
            + f", at most {bytes_(peak)} in the window. What is slow is {where}.",
            evidence=(
                figure("lag", lag, "bytes"),
                figure("lag in time", late, "seconds"),
                figure("highest lag", peak, "bytes"),
                figure("not sent yet", sent, "bytes"),
            ),
            advice=Advice(
                sentence="On the standby: is replay paused (pg_is_wal_replay_paused), held back by a query "
                "(max_standby_streaming_delay, pg_stat_database_conflicts) or by a slow disk?",
                sql="SELECT pg_is_wal_replay_paused(), pg_last_wal_replay_lsn();",
                cost="None: it only reads.",
                undo="None is needed.",
                verify="SELECT application_name, replay_lag FROM pg_stat_replication;",
            ),
        )


def _behind_for_long(series: pl.DataFrame, standby: str, most: float, longest: float) -> bool:
    """Whether a fifth of the window's intervals ended with too much lag."""
    if series.is_empty():
        return False
    own = series.filter(pl.col("standby") == standby)
    behind = own.filter((pl.col("replay_lag_bytes") >= most) | (pl.col("replay_lag_seconds") >= longest))
    return own.height > 0 and behind.height >= max(2, own.height / 5)


def _missing_standby(row: Row) -> Finding:
    return Finding(
        code="replication-lag",
        object=f"standby {row['standby'] or row['address']}",
        severity=Severity.CRITICAL,
        cause=Cause.SERVICE,
        sentence=f"{row['standby'] or row['address']} was connected in the window and no longer is: a "
        "failover would "
        "lose everything since.",
        evidence=(figure("share of samples that saw it", (row["seen"] or 0) * 100, "%"),),
        advice=Advice(
            sentence="See the standby's log; where it needs WAL that is gone, build it anew.",
            cost="None.",
            undo="None.",
            verify="SELECT application_name, state FROM pg_stat_replication;",
        ),
    )


def slots(view: View) -> Iterator[Finding | str]:
    """Slots that keep WAL for a reader who does not come, or who lost his place."""
    limit = bytes_of(view.thresholds.slot_size)
    for row in view.rows(SectionName.SLOTS):
        if not row["present"] or row["temporary"]:
            continue
        lost = row["wal_status"] == "lost"
        kept = row["retained_bytes"] or 0
        if not lost and (row["active"] or kept < limit):
            continue
        yield Finding(
            code="slot-retains-wal",
            object=f"slot {row['name']}",
            severity=Severity.WARNING,
            cause=Cause.SERVICE,
            sentence=f"The {row['kind']} slot {row['name']} is lost: the WAL that its reader needs is gone."
            if lost
            else f"Nobody reads the {row['kind']} slot {row['name']}, which keeps {bytes_(kept)} of WAL.",
            evidence=(
                figure("WAL kept", kept, "bytes"),
                figure("change", row["retained_bytes_change"] or 0, "bytes"),
            ),
            advice=Advice(
                sentence="Bring its reader back, or drop the slot; bound all of them by "
                "max_slot_wal_keep_size.",
                sql=f"SELECT pg_drop_replication_slot('{row['name']}');",
                cost="Its reader must be set up anew.",
                undo="None: what the slot kept is gone.",
                verify="SELECT slot_name, active, wal_status FROM pg_replication_slots;",
            ),
        )


RULES = (
    Rule(
        "checkpoint-storm",
        "Checkpoints are forced",
        (SectionName.CHECKPOINTS, SectionName.WAL, SectionName.SETTINGS),
        checkpoint_storm,
    ),
    Rule("backend-writes", "Sessions write blocks themselves", (SectionName.CHECKPOINTS,), backend_writes),
    Rule("archiver-failing", "WAL cannot be archived", (SectionName.ARCHIVER,), archiver_failing),
    Rule("replication-lag", "A standby is behind", (SectionName.REPLICATION,), replication_lag),
    Rule("slot-retains-wal", "A slot keeps WAL", (SectionName.SLOTS,), slots),
)
