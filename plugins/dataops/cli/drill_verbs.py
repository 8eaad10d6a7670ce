"""``dataops drill …``: prove a backup, check a server that somebody else restored, rehearse the drill."""

from __future__ import annotations

import argparse

from dataops.cli.answer import say
from dataops.cli.context import platform_of
from dataops.cli.recorded import answer_record, record_and_answer
from dataops.cli.verbs import Verbs, add_group, add_verb


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = add_group(verbs, "drill", "restore backups onto scratch servers and check them")
    _add_run(
        add_verb(group, "run", common, "restore a recovery point, check it, tear it down: prove the backup")
    )
    _add_check(
        add_verb(group, "check", common, "check a database that somebody else restored; it is only read")
    )
    _add_rehearse(
        add_verb(group, "rehearse", common, "damage copies of a backup and see that the drill notices")
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="SUBJECT", help="a server or database of the inventory")
    parser.add_argument(
        "--point",
        metavar="POINT",
        help="latest, oldest, random, a backup id, or a time such as 2026-11-23T14:15:00Z "
        "(default: as the subject's file says)",
    )
    parser.add_argument(
        "--mode",
        choices=("full", "budgeted"),
        help="check rows of every table, or within the time budget",
    )
    parser.set_defaults(run=run_drill)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="DATABASE", help="a database of the inventory")
    parser.add_argument(
        "--backup", required=True, metavar="BACKUP_ID", help="the backup that was restored, see `backup list`"
    )
    parser.add_argument(
        "--dsn",
        required=True,
        dest="restored",
        metavar="DSN",
        help="the restored database; keep the password in PGPASSWORD",
    )
    parser.set_defaults(run=run_check)


def _add_rehearse(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="SUBJECT", help="a server or database of the inventory")
    parser.add_argument(
        "--only", action="append", metavar="FAULT", help="only this fault of the library; may be repeated"
    )
    parser.set_defaults(run=run_rehearse)


def run_drill(arguments: argparse.Namespace) -> int:
    """The exit code of the drill's verdict; evidence is written whatever it is."""
    from dataops.drill.choosing import insist_on_form
    from dataops.drill.run import run

    platform = platform_of(arguments)
    # What other programs took is named as they name it.
    if arguments.point and platform.inventory.subject(arguments.subject).drill.third_party is None:
        insist_on_form(arguments.point)
    options = {"mode": arguments.mode} if arguments.mode else {}
    outcome = run(platform, arguments.subject, say=say, point=arguments.point, options=options)
    return answer_record(outcome.record, outcome.published, as_json=arguments.json, code=outcome.exit_code)


def run_check(arguments: argparse.Namespace) -> int:
    """The exit code of what the checks found; nothing is restored, and the backup is not marked proven."""
    from dataops.drill.elsewhere import check

    platform = platform_of(arguments)
    record = check(platform, arguments.subject, backup_id=arguments.backup, dsn=arguments.restored, say=say)
    return record_and_answer(platform, record, as_json=arguments.json)


def run_rehearse(arguments: argparse.Namespace) -> int:
    """0 where every fault was noticed and nothing else was."""
    from dataops.drill.rehearsal import rehearse

    platform = platform_of(arguments)
    record = rehearse(platform, arguments.subject, say=say, only=arguments.only)
    return record_and_answer(platform, record, as_json=arguments.json)
