"""PgHero on a database: what its pages show, and where that would show a problem of the catalogue.

Its methods are called by ``pghero.rb`` beside this file, in a Ruby that has ActiveRecord, pg and pg_query,
and PgHero as a gem or as the checkout that ``PGHERO_HOME`` names.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.peers.shown import Shown, any_of, holds, says

DRIVER = Path(__file__).with_suffix(".rb")
LONGEST = 60
"""Seconds that all pages of one database may take."""
_CANNOT_LOAD = 3

SCALED = {"PGHERO_LONG_RUNNING_QUERY_SEC": "1"}
"""Our thresholds of minutes are seconds in the seeds, so its own is too; every other one is its default."""
LATE = 1.0
"""Seconds of replication lag from which on its page counts as showing it; the page itself warns from 5 on."""


class Failed(Exception):
    """PgHero could be loaded, but its pages could not be made."""


@dataclass(frozen=True)
class Peer:
    """A PgHero that can be asked."""

    version: str

    def tell(self, url: str) -> Mapping[str, Any]:
        """What its pages show of the database at a libpq URL; the password is in the environment only."""
        done = _ruby({"PGHERO_DATABASE_URL": url, **SCALED})
        if done.returncode:
            raise Failed(f"PgHero {self.version}: {done.stderr.strip()[-500:]}")
        told: Mapping[str, Any] = json.loads(done.stdout)
        return told


def find() -> Peer | str:
    """PgHero, or in a sentence why it cannot be asked."""
    try:
        done = _ruby({}, "--probe")
    except FileNotFoundError:
        return "not measured: Ruby is not installed"
    if done.returncode == _CANNOT_LOAD:
        return f"not measured: PgHero not installed ({done.stderr.strip().splitlines()[-1]})"
    if done.returncode:
        return f"not measured: PgHero does not start ({done.stderr.strip()[-300:]})"
    return Peer(json.loads(done.stdout)["version"])


def _ruby(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ruby", str(DRIVER), *arguments],
        env={**os.environ, **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=LONGEST,
    )


def _late(told: Mapping[str, Any]) -> bool:
    return bool(told.get("pages", {}).get("replication_lag", 0.0) >= LATE)


def _dead_rows(table: str) -> Shown:
    """Whether the page Maintenance shows dead rows of a table, which not every version does."""

    def look(told: Mapping[str, Any]) -> bool:
        rows = told.get("pages", {}).get("maintenance", [])
        return any(row["table"] == table and (row.get("dead_rows") or 0) > 0 for row in rows)

    return look


def _idles(application: str) -> Shown:
    """Whether the page Live Queries shows a session of this application that idles in a transaction."""

    def look(told: Mapping[str, Any]) -> bool:
        rows = told.get("pages", {}).get("live_queries", [])
        return any(row["source"] == application and "idle in transaction" in row["state"] for row in rows)

    return look


def _autovacuum_is_off(told: Mapping[str, Any]) -> bool:
    return bool(told.get("pages", {}).get("settings", {}).get("autovacuum") == "off")


SHOWN: Mapping[str, Shown] = {
    "foreign-key-without-index": any_of(
        says('"child"', "overview", "suggested_indexes"),
        says('"child"', "pages", "suggested_indexes"),
        says('"child"', "pages", "missing_indexes"),
    ),
    "duplicate-index": says("small_twice", "overview", "duplicate_indexes"),
    "unused-index": says("wide_unused", "pages", "unused_indexes"),
    "large-sequential-scans": any_of(
        says('"wide"', "overview", "suggested_indexes"),
        says('"wide"', "pages", "suggested_indexes"),
        says('"wide"', "pages", "missing_indexes"),
        says("FROM wide", "overview", "slow_queries"),
    ),
    "n-plus-one": says("FROM loop WHERE id =", "pages", "queries"),
    "table-bloat": _dead_rows("bloated"),
    "index-bloat": says("emptied", "pages", "index_bloat"),
    "idle-in-transaction": any_of(_idles("idler"), holds("overview", "idle_connections")),
    "lock-waits": holds("pages", "blocked_queries"),
    "transaction-id-age": holds("overview", "transaction_id_danger"),
    "sequence-near-end": says("ending", "overview", "sequence_danger"),
    "integer-key-near-end": says("counted", "overview", "sequence_danger"),
    "constraint-not-valid": says("positive", "overview", "invalid_constraints"),
    "statement-slower": says("growing", "overview", "slow_queries"),
    "generic-plan": says("skewed", "overview", "slow_queries"),
    "connection-saturation": holds("overview", "connections"),
    "old-xmin": any_of(_idles("keeper"), says("keeper", "overview", "long_running_queries")),
    "cache-hit-drop": holds("pages", "cache"),
    "replication-lag": _late,
    "risky-setting": _autovacuum_is_off,
}
"""Where its pages would show the problem, and its own methods have nothing of the rest.

A list counts as showing it, though it judges nothing: frequent statements for N+1, dead rows for bloat, live
queries for open transactions, the value of a setting. That favours it."""


def explained(code: str, warning: str, told: Mapping[str, Any]) -> bool:
    """Whether a warning of the first page is about the problem: the page shows it, and shows it there."""
    shown = SHOWN.get(code)
    return shown is not None and shown({"overview": {warning: told["overview"][warning]}})
