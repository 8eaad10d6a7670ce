"""The frame: arguments in, exit code out, and no traceback for a user's mistake."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from dataops.cli import (
    backup_verbs,
    drill_verbs,
    evidence_verbs,
    failover_verbs,
    inventory_verbs,
    kafka_verbs,
    quality_verbs,
    report_verbs,
)
from dataops.cli.answer import say
from dataops.cli.context import common_options
from dataops.errors import DataOpsError, InconclusiveError

INTERRUPTED = 130
TERMINATED = 143

log = logging.getLogger("dataops")


def parser() -> argparse.ArgumentParser:
    """The whole command line. Each verb sets ``run``, from the parsed arguments to an exit code."""
    root = argparse.ArgumentParser(
        prog="dataops",
        description="Back up databases, prove the backups by drills, provision Kafka topics, "
        "report on performance, test failover, and look after the platform.",
        epilog="Exit codes: 0 passed, 1 failed, 2 wrong usage or configuration, 3 inconclusive, "
        "4 changes pending (kafka plan).",
    )
    verbs = root.add_subparsers(title="verbs", metavar="VERB", required=True)
    common = common_options()
    for group in (
        inventory_verbs,
        backup_verbs,
        drill_verbs,
        kafka_verbs,
        quality_verbs,
        report_verbs,
        failover_verbs,
        evidence_verbs,
    ):
        group.add(verbs, common)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code of one command line."""
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as wanted:
        return int(wanted.code or 0)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if arguments.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # A pod or a service is ended by SIGTERM: leave as on Ctrl-C, through every `finally`.
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(arguments)
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(arguments: argparse.Namespace) -> int:
    try:
        code: int = arguments.run(arguments)
    except DataOpsError as error:
        verdict = "inconclusive" if isinstance(error, InconclusiveError) else "failed"
        return _fail(arguments, verdict, str(error), error.exit_code)
    except KeyboardInterrupt:
        say("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the answer has seen enough. Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # its text may hold a secret: only its kind is told
        log.info("The traceback", exc_info=True)
        told = f"Something unforeseen happened ({type(error).__name__}): --verbose shows where."
        return _fail(arguments, "inconclusive", told, InconclusiveError.exit_code)
    return code


def _fail(arguments: argparse.Namespace, verdict: str, message: str, code: int) -> int:
    if arguments.json:
        sys.stdout.write(
            json.dumps({"verdict": verdict, "evidence": None, "error": message}, indent=2) + "\n"
        )
    say(f"dataops: {message}")
    return code


def _terminate(signum: int, frame: object) -> NoReturn:
    raise SystemExit(TERMINATED)
