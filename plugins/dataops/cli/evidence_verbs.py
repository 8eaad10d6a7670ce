"""``dataops evidence …``: what the runs left behind, and whether anybody changed it since."""

from __future__ import annotations

import argparse
from typing import Any

from dataops.cli.answer import answer, table
from dataops.cli.context import platform_of

Verbs = Any


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = verbs.add_parser("evidence", help="read what runs left behind").add_subparsers(
        required=True, metavar="VERB"
    )
    listing = group.add_parser("list", parents=[common], help="list the records, the newest first")
    listing.add_argument("subject", nargs="?", metavar="SUBJECT")
    listing.add_argument("--capability", help="only of this capability, such as backup")
    show = group.add_parser("show", parents=[common], help="show one record")
    show.add_argument("key", metavar="KEY", help="as `evidence list` shows it")
    for parser, run in ((listing, run_list), (show, run_show)):
        parser.add_argument(
            "--verify", action="store_true", help="check that no record was changed, deleted or forked"
        )
        parser.set_defaults(run=run)


def run_list(arguments: argparse.Namespace) -> int:
    """0; with ``--verify`` 1 where a chain is broken."""
    from dataops.evidence.listing import records

    platform = platform_of(arguments)
    found = list(records(platform.store, arguments.capability, arguments.subject))
    answer({"records": found}, table(("KEY",), [(each,) for each in found]), as_json=arguments.json)
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """0; with ``--verify`` 1 where the record's chain is broken."""
    from dataops.evidence.listing import show

    record = show(platform_of(arguments).store, arguments.key)
    answer(record.model_dump(mode="json"), record.to_bytes().decode(), as_json=arguments.json)
    return 0
