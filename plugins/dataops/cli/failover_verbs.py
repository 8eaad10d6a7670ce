"""``dataops failover …``: say what a disaster's test would do, run it, guard it, stop all tests."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from dataops.cli import guard_verbs
from dataops.cli.answer import answer, say
from dataops.cli.context import platform_of
from dataops.cli.recorded import answer_record
from dataops.cli.verbs import Verbs, add_group, add_verb

if TYPE_CHECKING:
    from dataops.evidence.verdict import Check
    from dataops.failover.job import Job
    from dataops.failover.topology import Topology


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = add_group(verbs, "failover", "test disaster-recovery failover, by the scenarios of include/")
    _add_plan(add_verb(group, "plan", common, "say what a round would do and cost; it only reads"))
    _add_run(add_verb(group, "run", common, "break a cluster, prove what it cost, and put it together again"))
    guard_verbs.add(group, common)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario of include/failover")
    parser.add_argument("--markdown", action="store_true", help="answer as a comment of a pull request")
    parser.add_argument(
        "--preflight", action="store_true", help="also ask everything that would refuse it, and what is owed"
    )
    parser.set_defaults(run=run_plan)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", metavar="SCENARIO", help="a scenario of include/failover")
    parser.add_argument(
        "--approve",
        default="",
        metavar="HASH",
        help="hash of the plan, as `failover plan` shows it: you have read what it costs and agree",
    )
    parser.set_defaults(run=run_test)


def run_plan(arguments: argparse.Namespace) -> int:
    """0; 3 where the cluster is in no state from which the scenario could start.

    With ``--preflight`` that of its verdict: 1 where the round would be refused, 3 where nobody can tell.
    """
    from dataops.failover.planning.planning import plan_of
    from dataops.failover.planning.render import document, markdown, text

    job = _job(arguments)
    seen = job.driver.observe()
    found = plan_of(job, seen)
    told = {"verdict": "passed", "evidence": None, **document(found)}
    shown, code = markdown(found) if arguments.markdown else text(found), 0
    if arguments.preflight:
        preflight, lines, code = _preflight(job, seen)
        told, shown = {**told, **preflight}, f"{shown}\n{lines}"
    answer(told, shown, as_json=arguments.json)
    return code


def _preflight(job: Job, seen: Topology) -> tuple[dict[str, Any], str, int]:
    """What would refuse the round and what readiness is owed: as JSON, as lines, and the exit code."""
    from dataclasses import asdict

    from dataops.evidence.verdict import overall
    from dataops.failover.debt import debts_of
    from dataops.failover.refusals.preflight import preflight

    checks, debts = preflight(job, seen), debts_of(job, seen)
    lines = [f"{each.verdict.value:<14}  {each.name}{_because(each)}" for each in checks]
    lines += [f"{'owed':<14}  {each.name}: {each.observed}; {each.advice}" for each in debts]
    verdict = overall(checks)
    told = {
        "verdict": verdict.value,
        "preflight": [each.model_dump(mode="json") for each in checks],
        "debts": [asdict(each) for each in debts],
    }
    return told, "\n".join(lines), verdict.exit_code


def _because(check: Check) -> str:
    seen = check.observed
    told = "; ".join(map(str, seen)) if isinstance(seen, list) else str(seen or "")
    return "".join(f": {each}" for each in (told, check.reason) if each)


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
