"""``dataops backup …``, ``dataops watch`` and ``dataops sweep``."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dataops.cli.answer import answer, say, size, table
from dataops.cli.context import platform_of
from dataops.cli.recorded import answer_record, record_and_answer
from dataops.cli.verbs import Verbs, add_group, add_verb

if TYPE_CHECKING:
    from pydantic import JsonValue

    from dataops.backup.catalog import Backup, Catalog
    from dataops.backup.retention import Decision

MINUTE = "%Y-%m-%d %H:%M"


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = add_group(verbs, "backup", "take, list, expire and restore backups")
    _add_run(add_verb(group, "run", common, "take a backup now, verify and publish it"))
    listing = add_verb(group, "list", common, "show the backups of a subject, from the store alone")
    listing.add_argument("subject", metavar="SUBJECT", help="a server or database of the inventory")
    listing.set_defaults(run=run_list)
    expire = add_verb(group, "expire", common, "expire what retention no longer keeps")
    expire.add_argument("subject", metavar="SUBJECT", help="a server or database of the inventory")
    expire.add_argument(
        "--dry-run", action="store_true", help="only show what would be kept and expired, and why"
    )
    expire.set_defaults(run=run_expire)
    _add_restore(add_verb(group, "restore", common, "restore a recovery point to an empty target"))
    for name, run, told in (
        ("watch", run_watch, "ask whether everything could be recovered now, as promised"),
        ("sweep", run_sweep, "remove what dead runs left behind"),
    ):
        add_verb(verbs, name, common, told).set_defaults(run=run)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="SUBJECT", help="a server or database of the inventory")
    parser.add_argument("--dsn", help="reach the server by this DSN; keep the password in PGPASSWORD")
    parser.add_argument("--type", choices=("full", "diff", "incr"), help="type of a physical backup")
    parser.add_argument(
        "--content", choices=("full", "rotate", "definitions"), help="what the manifest says of the rows"
    )
    parser.add_argument(
        "--on-blocking-ddl", choices=("wait", "abort"), help="when a session waits behind the backup"
    )
    parser.add_argument("--jobs", type=int, help="connections or processes that copy at once")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="any other option of the method"
    )
    parser.set_defaults(run=run_backup)


def _add_restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="SUBJECT", help="a server or database of the inventory")
    parser.add_argument(
        "--point", default="latest", help="latest, a backup id, or a time such as 2026-11-23T14:15:00Z"
    )
    parser.add_argument(
        "--target", required=True, help="DSN of an empty database, or an empty folder for a server"
    )
    parser.add_argument("--verify", action="store_true", help="check the result against the manifest")
    parser.add_argument(
        "--with-roles", action="store_true", help="also create the roles that the backup carries"
    )
    parser.add_argument("--from-replica", action="store_true", help="read the backup from the replica bucket")
    parser.add_argument("--jobs", type=int, default=2, help="connections that load at once (default: 2)")
    parser.add_argument("--dry-run", action="store_true", help="only say the steps")
    parser.set_defaults(run=run_restore)


def run_backup(arguments: argparse.Namespace) -> int:
    """The exit code of the run's verdict; evidence is written whatever it is."""
    from dataops.backup.run import run

    outcome = run(platform_of(arguments), arguments.subject, say=say, options=_options(arguments))
    return answer_record(outcome.record, outcome.published, as_json=arguments.json, code=outcome.exit_code)


def _options(arguments: argparse.Namespace) -> dict[str, JsonValue]:
    """The options that were given; the method says which it knows and what they may be."""
    from dataops.errors import ConfigurationError

    named = {name: getattr(arguments, name) for name in ("type", "content", "on_blocking_ddl", "jobs")}
    options: dict[str, JsonValue] = {name: value for name, value in named.items() if value is not None}
    for option in arguments.option:
        name, equals, value = option.partition("=")
        if not equals:
            raise ConfigurationError(f"--option {option!r} has no value: write it as NAME=VALUE.")
        options[name] = value
    return options


def run_list(arguments: argparse.Namespace) -> int:
    """0; 2 where neither the store nor the inventory knows the subject."""
    from dataops.backup.catalog import read

    platform = platform_of(arguments)
    found = read(platform.store, arguments.subject)
    if not (found.backups or found.damaged or found.unfinished):
        platform.inventory.subject(arguments.subject)
    answer(_catalog_document(arguments.subject, found), _catalog_text(found), as_json=arguments.json)
    return 0


def _catalog_document(subject: str, found: Catalog) -> dict[str, Any]:
    return {
        "subject": subject,
        "backups": [
            {
                **each.header.model_dump(mode="json", exclude={"objects"}),
                "proven": each.proven,
                "proofs": [proof.model_dump(mode="json") for proof in each.proofs],
            }
            for each in found.backups
        ],
        "damaged": [{"backup_id": each.backup_id, "reason": each.reason} for each in found.damaged],
        "unfinished": list(found.unfinished),
    }


def _catalog_text(found: Catalog) -> str:
    rows: list[tuple[str, ...]] = [
        (
            each.backup_id,
            f"{each.header.snapshot_at:{MINUTE}}",
            each.header.pgbackrest.type if each.header.pgbackrest else each.header.method,
            size(each.header.database_bytes),
            size(each.header.stored_bytes),
            _proof_text(each, datetime.now(UTC)),
        )
        for each in found.backups
    ]
    text = (
        table(("BACKUP", "STATE OF (UTC)", "METHOD", "DATA", "STORED", "PROOF"), rows)
        if rows
        else "No backups."
    )
    damaged = [f"damaged: {each.backup_id}: {each.reason}" for each in found.damaged]
    unfinished = [
        f"no manifest, so no backup (in progress, or left by a dead run): {each}" for each in found.unfinished
    ]
    return "\n".join([text, *damaged, *unfinished])


def _proof_text(backup: Backup, now: datetime) -> str:
    """Since when it is proven and how much of the rows that drill read, or what the last drill said."""
    from dataops.backup.freshness import spell

    proof, last = backup.proof, backup.last_drill
    if last is None:
        return "no drill yet"
    if proof is None:
        return f"not proven: {last.verdict.value} {spell(now - last.at)} ago"
    share = proof.coverage.get("share")
    seen = f", {int(share * 100)} % of its bytes read" if isinstance(share, int | float) else ""
    since = "" if proof is last else f"; {last.verdict.value} {spell(now - last.at)} ago"
    return f"proven {spell(now - proof.at)} ago{seen}{since}"


def run_expire(arguments: argparse.Namespace) -> int:
    """0 when all that was to go is gone; a dry run changes nothing and shows the very plan."""
    from dataops.backup.expire import plan, step
    from dataops.backup.run import record_of
    from dataops.backup.steps import Job

    platform = platform_of(arguments)
    subject = platform.inventory.subject(arguments.subject)
    if arguments.dry_run:
        decisions = plan(platform, subject)
        answer(_plan_document(arguments.subject, decisions), _plan_text(decisions), as_json=arguments.json)
        return 0
    report = step(Job(platform=platform, subject=subject, say=say))
    record = record_of(platform, subject, [report]).model_copy(update={"capability": "expire"})
    return record_and_answer(platform, record, as_json=arguments.json)


def _plan_document(subject: str, decisions: tuple[Decision, ...]) -> dict[str, Any]:
    return {
        "subject": subject,
        "decisions": [
            {
                "backup_id": each.backup_id,
                "taken_at": each.taken_at.isoformat(),
                "action": each.action.value,
                "reason": each.reason,
            }
            for each in decisions
        ],
    }


def _plan_text(decisions: tuple[Decision, ...]) -> str:
    rows = [
        (each.backup_id, f"{each.taken_at:{MINUTE}}", each.action.value, each.reason) for each in decisions
    ]
    return table(("BACKUP", "STATE OF (UTC)", "WOULD", "BECAUSE"), rows) if rows else "No backups."


def run_restore(arguments: argparse.Namespace) -> int:
    """0 when restored and, where asked, equal to its manifest; a dry run only says the steps."""
    from dataops.backup.restore import restore
    from dataops.backup.run import record_of

    platform = platform_of(arguments)
    report = restore(
        platform,
        arguments.subject,
        point=arguments.point,
        target=arguments.target,
        say=say,
        dry_run=arguments.dry_run,
        verify=arguments.verify,
        with_roles=arguments.with_roles,
        from_replica=arguments.from_replica,
        jobs=arguments.jobs,
    )
    if arguments.dry_run:
        answer(report.model_dump(mode="json"), "Nothing was changed.", as_json=arguments.json)
        return 0
    subject = platform.inventory.subject(arguments.subject)
    record = record_of(platform, subject, [report]).model_copy(update={"capability": "restore"})
    return record_and_answer(platform, record, as_json=arguments.json)


def run_watch(arguments: argparse.Namespace) -> int:
    """The exit code of the watch's verdict."""
    from dataops.backup.watch import watch

    platform = platform_of(arguments)
    return record_and_answer(platform, watch(platform, say=say), as_json=arguments.json)


def run_sweep(arguments: argparse.Namespace) -> int:
    """The exit code of the sweep's verdict."""
    from dataops.drill.sweep import sweep

    platform = platform_of(arguments)
    return record_and_answer(platform, sweep(platform, say=say), as_json=arguments.json)
