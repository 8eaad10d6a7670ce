"""Settings that risk data or speed, settings that changed, collations that no longer fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from dataops.performance.finding import Advice, Cause, Finding, Severity
from dataops.performance.findings.rule import Rule
from dataops.performance.findings.view import View
from dataops.performance.findings.words import count, figure
from dataops.performance.window import SectionName

_OFF, _ON = "off", "on"

RISKS: Mapping[str, tuple[str, Severity, str]] = {
    "fsync": (_OFF, Severity.CRITICAL, "a crash of the host leaves the whole server corrupt"),
    "full_page_writes": (_OFF, Severity.CRITICAL, "a crash of the host may leave half-written pages"),
    "zero_damaged_pages": (_ON, Severity.CRITICAL, "damaged pages are emptied instead of reported"),
    "ignore_checksum_failure": (_ON, Severity.CRITICAL, "pages with wrong checksums are read as if well"),
    "autovacuum": (_OFF, Severity.WARNING, "tables bloat, statistics grow stale, transaction ids run out"),
    "track_counts": (_OFF, Severity.WARNING, "autovacuum sees no work and does not come"),
    "synchronous_commit": (_OFF, Severity.NOTICE, "a crash loses the last commits that clients saw succeed"),
    "enable_seqscan": (
        _OFF,
        Severity.WARNING,
        "the planner takes an index where reading the table is faster",
    ),
    "enable_indexscan": (_OFF, Severity.WARNING, "the planner does not take indexes as it should"),
    "enable_hashjoin": (_OFF, Severity.WARNING, "large joins run as loops or sorts"),
    "enable_nestloop": (_OFF, Severity.WARNING, "small joins run as hashes or sorts"),
}
"""By name: the value that is a risk, how bad that is, and what it means."""


def risky_settings(view: View) -> Iterator[Finding | str]:
    """Settings that trade data or everybody's speed for something; also for single roles and databases."""
    for row in view.rows(SectionName.SETTINGS):
        value, severity, meaning = RISKS.get(row["name"], ("", Severity.NOTICE, ""))
        if not value or row["value"] != value:
            continue
        where = f" for {row['scope']}" if row["scope"] else ""
        better = {_OFF: _ON, _ON: _OFF}[value]
        yield Finding(
            code="risky-setting",
            object=f"setting {row['name']}{where}",
            severity=severity,
            cause=Cause.SETTING,
            sentence=f"{row['name']} is {value}{where}: {meaning}.",
            advice=Advice(
                sentence=f"Set it to {better}.",
                sql=f"ALTER SYSTEM SET {row['name']} = {better};\nSELECT pg_reload_conf();"
                if not row["scope"]
                else f"-- {row['scope']}: ALTER … RESET {row['name']};",
                cost="Writes take the time that safety takes."
                if severity is Severity.CRITICAL
                else "None worth naming.",
                undo=f"ALTER SYSTEM SET {row['name']} = {value};\nSELECT pg_reload_conf();"
                if not row["scope"]
                else "",
                verify=f"SHOW {row['name']};",
            ),
        )


def changed_settings(view: View) -> Iterator[Finding | str]:
    """Settings that changed inside the window: the first thing to think of when something got slower."""
    for row in view.rows(SectionName.SETTINGS):
        if row["previous"] is None or row["changed_at"] is None:
            continue
        where = f" for {row['scope']}" if row["scope"] else ""
        yield Finding(
            code="setting-changed",
            object=f"setting {row['name']}{where}",
            severity=Severity.NOTICE,
            cause=Cause.SETTING,
            sentence=f"{row['name']}{where} changed from {row['previous']} to {row['value']} before "
            f"{row['changed_at']:%H:%M} UTC.",
            since=row["changed_at"],
            advice=Advice(
                sentence="Nothing is to be done if that was meant.",
                sql=f"ALTER SYSTEM SET {row['name']} = '{row['previous']}';" if not row["scope"] else "",
                undo=f"ALTER SYSTEM SET {row['name']} = '{row['value']}';" if not row["scope"] else "",
                verify=f"SHOW {row['name']};",
            ),
        )


def pending_restart(view: View) -> Iterator[Finding | str]:
    """Settings in the file that wait for a restart: the next one changes more than anybody expects."""
    waiting = [row for row in view.rows(SectionName.SETTINGS) if row["pending_restart"]]
    for row in waiting:
        yield Finding(
            code="pending-restart",
            object=f"setting {row['name']}",
            severity=Severity.NOTICE,
            cause=Cause.SETTING,
            sentence=f"{row['name']} is {row['value']}; the configuration file says something else and "
            "waits for a "
            "restart.",
            advice=Advice(
                sentence="Restart at a quiet hour, or take the line back.",
                verify=f"SELECT pending_restart FROM pg_settings WHERE name = '{row['name']}';",
            ),
        )


def collation_mismatch(view: View) -> Iterator[Finding | str]:
    """The operating system sorts otherwise than when the indexes were built: they may miss rows."""
    for row in view.rows(SectionName.COLLATIONS):
        if not row["mismatch"]:
            continue
        indexes = row["indexes"] or 0
        sql = (
            "REINDEX DATABASE CONCURRENTLY;\nALTER DATABASE "
            f'"{view.window.dbname}" REFRESH COLLATION VERSION;'
            if row["name"] == "default"
            else f"-- REINDEX INDEX CONCURRENTLY every index that it orders ({indexes}), then\n"
            f"ALTER COLLATION {_collation(row['name'])} REFRESH VERSION;"
        )
        yield Finding(
            code="collation-mismatch",
            object=f"collation {row['name']}",
            severity=Severity.CRITICAL if indexes else Severity.WARNING,
            cause=Cause.SERVICE,
            sentence=f"{count(indexes, 'index', 'indexes')} ordered by the collation {row['name']} "
            f"{'was' if indexes == 1 else 'were'} built with version "
            f"{row['recorded_version']}; the operating system has {row['actual_version']}: they may "
            "miss rows and let "
            "duplicates in.",
            evidence=(figure("indexes", indexes),),
            advice=Advice(
                sentence="Rebuild the indexes, then tell PostgreSQL that it was done. amcheck says "
                "which are wrong.",
                sql=sql,
                cost="Reads every table whose index is rebuilt twice; does not block writes.",
                undo="None is needed.",
                verify="No warning on connecting, and the next report.",
            ),
        )


def _collation(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split(".", 1))


def _rule(
    code: str, title: str, section: SectionName, judge: Callable[[View], Iterator[Finding | str]]
) -> Rule:
    return Rule(code, title, (section,), judge)


RULES = (
    _rule("risky-setting", "Risky setting", SectionName.SETTINGS, risky_settings),
    _rule("setting-changed", "A setting changed", SectionName.SETTINGS, changed_settings),
    _rule("pending-restart", "A setting waits for a restart", SectionName.SETTINGS, pending_restart),
    _rule("collation-mismatch", "Collation version mismatch", SectionName.COLLATIONS, collation_mismatch),
)
