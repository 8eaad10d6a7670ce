"""``dataops kafka …``: topics from reviewed files: check, plan, apply, look for drift, import, convert."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops.cli.answer import answer, say
from dataops.cli.context import include_of, platform_of
from dataops.cli.recorded import answer_record
from dataops.cli.verbs import Verbs, add_group, add_verb
from dataops.errors import ConfigurationError

if TYPE_CHECKING:
    from dataops.inventory.problem import Problem
    from dataops.kafka.files.loading import Report
    from dataops.kafka.job import Job
    from dataops.kafka.memory import Memory


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = add_group(verbs, "kafka", "provision Kafka topics from the files under include/kafka")
    _add_check(add_verb(group, "check", common, "say everything that is wrong in the files; needs no broker"))
    _add_plan(add_verb(group, "plan", common, "say what an apply would change; it only reads"))
    _add_apply(add_verb(group, "apply", common, "apply the plan that is named, and read it back"))
    _add_drift(add_verb(group, "drift", common, "say what is not as declared, and why; it only reads"))
    _add_import(
        add_verb(group, "import", common, "write what is there as a team's file that plans to no change")
    )
    _add_convert(add_verb(group, "convert", common, "write a folder of topicctl as a team's file"))


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("clusters", metavar="CLUSTER", nargs="*", help="default: all that have a folder")
    parser.set_defaults(run=run_check)


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cluster", metavar="CLUSTER", help="a cluster: its folder in include/kafka")
    _add_only(parser)
    parser.add_argument("--markdown", action="store_true", help="answer as a comment of a pull request")
    parser.add_argument("--all", action="store_true", help="show every safe change, not only the first ones")
    parser.add_argument(
        "--colour", choices=("auto", "always", "never"), default="auto", help="default: on a terminal only"
    )
    parser.set_defaults(run=run_plan)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cluster", metavar="CLUSTER", help="a cluster: its folder in include/kafka")
    _add_only(parser)
    parser.add_argument(
        "--plan", default="", metavar="HASH", help="hash of the safe changes, as `kafka plan` shows it"
    )
    parser.add_argument(
        "--approve",
        default="",
        metavar="HASH",
        help="hash of the changes that are not safe: you have read what they cost and agree",
    )
    parser.set_defaults(run=run_apply)


def _add_drift(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cluster", metavar="CLUSTER", help="a cluster: its folder in include/kafka")
    parser.add_argument(
        "--revert",
        action="store_true",
        help="apply the safe part of the plan first: what is safe is put right",
    )
    parser.set_defaults(run=run_drift)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("cluster", metavar="CLUSTER", help="a cluster: its folder in include/kafka")
    parser.add_argument("--team", required=True, help="whose file it becomes: topics/TEAM.yaml")
    parser.add_argument(
        "--topics", action="append", metavar="GLOB", help="only these topics; may be repeated (default: all)"
    )
    parser.add_argument("--topics-only", action="store_true", help="leave bindings, users and quotas out")
    parser.add_argument("--stdout", action="store_true", help="write no file, answer its text")
    parser.set_defaults(run=run_import)


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="one cluster's cluster.yaml and topics/")
    parser.add_argument("--team", required=True, help="whose file it becomes: topics/TEAM.yaml")
    parser.add_argument(
        "--owner", default="", help="owner of the cluster, where it is new (default: the team)"
    )
    parser.add_argument("--stdout", action="store_true", help="write no file, answer their texts")
    parser.set_defaults(run=run_convert)


def _add_only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only", action="append", metavar="GLOB", help="look at these topics only; may be repeated"
    )


def run_check(arguments: argparse.Namespace) -> int:
    """0 when all is well, 2 for wrong files."""
    from dataops.kafka.files.loading import check, cluster_names

    include = include_of(arguments)
    names = arguments.clusters or cluster_names(include)
    reports = [check(include, name) for name in names]
    code = max((report.exit_code for report in reports), default=0)
    document = {
        "verdict": "failed" if code else "passed",
        "evidence": None,
        "clusters": {report.cluster: _checked(report) for report in reports},
    }
    answer(
        document,
        "\n".join(_check_text(report) for report in reports) or "No cluster is declared.",
        as_json=arguments.json,
    )
    return code


def run_plan(arguments: argparse.Namespace) -> int:
    """0 for no change, 4 for changes, 1 where something is refused."""
    from dataops.kafka.looking import look, session_of
    from dataops.kafka.render import document, markdown, text

    job = _job(arguments)
    memory = _memory(job)
    with session_of(job) as session:
        found = look(session, job, memory).plan
    now = datetime.now(UTC)
    if arguments.markdown:
        shown = markdown(found, now=now)
    else:
        coloured = arguments.colour == "always" or (arguments.colour == "auto" and sys.stdout.isatty())
        shown = text(found, coloured=coloured, whole=arguments.all, now=now) + _next(job, found)
    told = {**document(found), "verdict": "failed" if found.refusals else "passed", "evidence": None}
    answer(told, shown, as_json=arguments.json)
    return found.exit_code


def run_apply(arguments: argparse.Namespace) -> int:
    """The exit code of the verdict; evidence is written whatever it is."""
    from dataops.kafka.provisioning import Agreed, provision

    outcome = provision(_job(arguments), Agreed(safe=arguments.plan, gated=arguments.approve))
    return answer_record(outcome.record, outcome.published, as_json=arguments.json, code=outcome.exit_code)


def run_drift(arguments: argparse.Namespace) -> int:
    """0 where all is as declared and well; evidence is written whatever was found."""
    from dataops.evidence.publishing import publish
    from dataops.kafka.drift_check import check_drift

    job = _job(arguments)
    looked = check_drift(job, revert=arguments.revert)
    published = publish(job.platform.store, looked.record)
    if looked.told and not arguments.json:
        sys.stdout.write(looked.told + "\n")
    return answer_record(looked.record, published, as_json=arguments.json, code=looked.exit_code)


def run_import(arguments: argparse.Namespace) -> int:
    """0; the file was written, or its text answered."""
    from dataops.kafka.taking_over import take_over

    taken = take_over(
        _job(arguments),
        arguments.team,
        patterns=arguments.topics or ("*",),
        access=not arguments.topics_only,
        write=not arguments.stdout,
    )
    for note in taken.imported.notes:
        say(f"note: {note}")
    told = {
        "verdict": "passed",
        "evidence": None,
        "path": str(taken.path) if taken.path else None,
        "topics": taken.imported.topics,
        "notes": taken.imported.notes,
        "text": taken.imported.text,
    }
    shown = f"Wrote {taken.path}: {taken.imported.topics} topics." if taken.path else taken.imported.text
    answer(told, shown, as_json=arguments.json)
    return 0


def run_convert(arguments: argparse.Namespace) -> int:
    """0; the files were written, or their texts answered. Needs no broker."""
    from dataops.kafka.topicctl import convert, write

    converted = convert(arguments.folder, arguments.team, owner=arguments.owner)
    written = [] if arguments.stdout else write(converted, include_of(arguments))
    for note in converted.notes:
        say(f"note: {note}")
    told = {
        "verdict": "passed",
        "evidence": None,
        "paths": [str(path) for path in written],
        "notes": converted.notes,
        "files": converted.files,
    }
    shown = "\n".join(f"Wrote {path}." for path in written) or "\n".join(
        f"# include/kafka/{path}\n{text}" for path, text in converted.files.items()
    )
    answer(told, shown, as_json=arguments.json)
    return 0


def _job(arguments: argparse.Namespace) -> Job:
    from dataops.kafka.job import Job, this_process

    return Job(
        platform=platform_of(arguments),
        cluster=arguments.cluster,
        say=say,
        holder=f"dataops kafka {arguments.cluster} by {this_process()}",
        only=tuple(getattr(arguments, "only", None) or ()),
    )


def _memory(job: Job) -> Memory:
    """What earlier runs remember; a plan in a pull request may have no store to ask."""
    from dataops.kafka.memory import Memory
    from dataops.kafka.remembering import recall

    try:
        store = job.platform.store
    except ConfigurationError as error:
        say(f"Planned without the evidence of earlier runs: {error}")
        return Memory()
    return recall(store, job.cluster)


def _next(job: Job, found: Any) -> str:
    """The command that applies what is shown."""
    if not found.changes:
        return ""
    words = [f"dataops kafka apply {job.cluster}"]
    words += [f"--plan {found.safe.hash[:12]}"] if found.safe.hash else []
    words += [f"--approve {found.gated.hash[:12]}"] if found.gated.hash and found.guarded else []
    words += [f"--only '{each}'" for each in job.only]
    return f"\nTo apply it: {' '.join(words)}\n"


def _checked(report: Report) -> dict[str, Any]:
    return {
        "topics": len(report.desired.topics) if report.desired else None,
        "problems": [_problem(each) for each in report.problems],
        "warnings": [_problem(each) for each in report.warnings],
    }


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "path": Path(problem.path).as_posix(),
        "line": problem.line,
        "field": problem.field,
        "value": problem.value,
        "message": problem.message,
        "allowed": list(problem.allowed),
    }


def _check_text(report: Report) -> str:
    lines = [str(each) for each in report.problems]
    lines += [f"warning: {each}" for each in report.warnings]
    if report.desired is None:
        files = len({each.path for each in report.problems})
        return "\n".join([*lines, f"{report.cluster}: {len(report.problems)} problems in {files} files."])
    return "\n".join([*lines, f"{report.cluster}: {len(report.desired.topics)} topics are valid."])
