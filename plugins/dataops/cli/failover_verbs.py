"""``dataops failover …``: say what a disaster's test would do, run it, guard it, stop all tests."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dataops.cli import guard_verbs
from dataops.cli.answer import answer, say
from dataops.cli.context import platform_of

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
    guard_verbs.add(group, common)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO")
    parser.add_argument("--markdown", action="store_true", help="answer as a comment of a pull request")
    parser.set_defaults(run=run_plan)


def run_plan(arguments: argparse.Namespace) -> int:
    """0; 3 where the cluster is in no state from which the scenario could start."""
    from dataops.failover.planning.planning import plan_of
    from dataops.failover.planning.render import document, markdown, text

    found = plan_of(_job(arguments))
    told = {"verdict": "passed", "evidence": None, **document(found)}
    answer(told, markdown(found) if arguments.markdown else text(found), as_json=arguments.json)
    return 0


def _job(arguments: argparse.Namespace) -> Job:
    from dataops.failover.job import Job, this_process

    return Job(
        platform=platform_of(arguments),
        name=arguments.scenario,
        say=say,
        holder=f"dataops failover {arguments.scenario} by {this_process()}",
    )
