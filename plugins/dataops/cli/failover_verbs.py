"""``dataops failover …``: say what a disaster's test would do, run it, guard it, stop all tests."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dataops.cli import guard_verbs
from dataops.cli.answer import answer, say
from dataops.cli.context import platform_of
from dataops.cli.recorded import answer_record

if TYPE_CHECKING:
    from dataops.failover.job import Job

Verbs = Any


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = verbs.add_parser("failover", help="test disaster-recovery failover, by the scenarios of include/")
    group = group.add_subparsers(required=True, metavar="VERB")
    _add_plan(
        group.add_parser("plan", parents=[common], help="say what a round would do and cost; it only reads")
    )
    _add_run(
        group.add_parser(
            "run", parents=[common], help="break a cluster, prove what it cost, and put it together again"
        )
    )
    guard_verbs.add(group, common)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO")
    parser.add_argument("--markdown", action="store_true", help="answer as a comment of a pull request")
    parser.set_defaults(run=run_plan)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO")
    parser.add_argument(
        "--approve",
        default="",
        metavar="HASH",
        help="hash of the plan, as `failover plan` shows it: you have read what it costs and agree",
    )
    parser.set_defaults(run=run_test)


def run_plan(arguments: argparse.Namespace) -> int:
    """0; 3 where the cluster is in no state from which the scenario could start."""
    from dataops.failover.planning.planning import plan_of
    from dataops.failover.planning.render import document, markdown, text

    found = plan_of(_job(arguments))
    told = {"verdict": "passed", "evidence": None, **document(found)}
    answer(told, markdown(found) if arguments.markdown else text(found), as_json=arguments.json)
    return 0


def run_test(arguments: argparse.Namespace) -> int:
    """The exit code of the verdict; evidence is written whatever it is."""
    from dataops.failover.run import run

    outcome = run(_job(arguments), approve=arguments.approve)
    return answer_record(outcome.record, outcome.published, as_json=arguments.json, code=outcome.exit_code)


def _job(arguments: argparse.Namespace) -> Job:
    from dataops.failover.job import Job, this_process

    return Job(
        platform=platform_of(arguments),
        name=arguments.scenario,
        say=say,
        holder=f"dataops failover {arguments.scenario} by {this_process()}",
    )
