"""``dataops report …``: sample servers, and report on the performance of their databases."""

from __future__ import annotations

import argparse
from typing import Any

from dataops.cli.answer import answer, say
from dataops.cli.context import platform_of

Verbs = Any


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = verbs.add_parser("report", help="performance: sample a server, report on a database")
    group = group.add_subparsers(required=True, metavar="VERB")
    _add_sample(
        group.add_parser("sample", parents=[common], help="sample a server and its databases; it only reads")
    )


def _add_sample(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="SERVER")
    parser.add_argument("--dsn", help="reach the server by this DSN; keep the password in PGPASSWORD")
    parser.add_argument(
        "--whole", action="store_true", help="also ask what is asked once an hour: sizes, definitions"
    )
    parser.set_defaults(run=run_sample)


def run_sample(arguments: argparse.Namespace) -> int:
    """0 where the server and all its databases were sampled, 3 where one could not be."""
    from dataops.evidence.verdict import overall
    from dataops.performance.samples import visit

    report = visit(
        platform_of(arguments), arguments.subject, whole=True if arguments.whole else None, say=say
    )
    verdict = overall(report.checks)
    keys = [each.key for each in report.artifacts]
    document = {
        "verdict": verdict.value,
        "evidence": None,
        "samples": keys,
        "seconds": next(each.value for each in report.figures if each.unit == "seconds"),
        "checks": [each.model_dump(mode="json") for each in report.checks],
    }
    red = [f"{each.verdict.value}: {each.name}: {each.reason}" for each in report.checks if each.reason]
    answer(document, "\n".join([*red, *keys]), as_json=arguments.json)
    return verdict.exit_code
