"""``dataops report …``: sample servers, and report on the performance of their databases."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dataops.cli.answer import answer, say
from dataops.cli.context import platform_of
from dataops.cli.recorded import answer_record
from dataops.cli.verbs import Verbs, add_group, add_verb
from dataops.errors import ConfigurationError

if TYPE_CHECKING:
    from dataops.performance.report.document import Digest


Texts = Mapping[str, Callable[[], str | bytes]]
"""From a file's ending to what makes its content."""


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = add_group(verbs, "report", "sample a server, report on a database's performance")
    _add_sample(add_verb(group, "sample", common, "sample a server and its databases; it only reads"))
    _add_run(add_verb(group, "run", common, "report on a database: what is wrong, why, what to do"))
    _add_run(
        add_verb(group, "prove", common, "report, and try the advice on a restored backup first"),
        prove=True,
    )
    _add_show(add_verb(group, "show", common, "show a report that was made"))
    _add_compare(add_verb(group, "compare", common, "compare two days of a database"))
    _add_roll_up(add_verb(group, "rollup", common, "a week or a month of reports in one"))


def _add_sample(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="SERVER", help="a server of the inventory")
    parser.add_argument("--dsn", help="reach the server by this DSN; keep the password in PGPASSWORD")
    parser.add_argument(
        "--whole", action="store_true", help="also ask what is asked once an hour: sizes, definitions"
    )
    parser.set_defaults(run=run_sample)


def _add_run(parser: argparse.ArgumentParser, *, prove: bool = False) -> None:
    parser.add_argument("subject", metavar="DATABASE", help="a database of the inventory")
    parser.add_argument("--dsn", help="reach the server by this DSN; keep the password in PGPASSWORD")
    window = parser.add_mutually_exclusive_group()
    window.add_argument(
        "--hours", type=_hours, default=24.0, help="length of the window that ends now (default: 24)"
    )
    window.add_argument(
        "--day", type=_day, metavar="YYYY-MM-DD", help="a past day instead, 00:00 to 24:00 UTC"
    )
    if not prove:
        parser.add_argument("--prove", action="store_true", help="try its advice on a restored backup first")
    parser.set_defaults(run=run_report, **({"prove": True} if prove else {}))


def _add_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="DATABASE", help="a database of the inventory")
    parser.add_argument(
        "--day", type=_day, metavar="YYYY-MM-DD", help="day of its end (default: the last one)"
    )
    _add_output(parser)
    parser.set_defaults(run=run_show)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="DATABASE", help="a database of the inventory")
    parser.add_argument(
        "days", type=_day, nargs=2, metavar="YYYY-MM-DD", help="the earlier day, the later day"
    )
    _add_output(parser)
    parser.set_defaults(run=run_compare)


def _add_roll_up(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("subject", metavar="DATABASE", help="a database of the inventory")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--week", type=_day, metavar="YYYY-MM-DD", help="the week of this day, from Monday")
    what.add_argument("--month", type=_day, metavar="YYYY-MM-DD", help="the month of this day")
    _add_output(parser)
    parser.set_defaults(run=run_roll_up)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write it there: .html, .json or .md by the name's end (default: Markdown on stdout)",
    )


def _hours(text: str) -> float:
    hours = float(text)
    if not 0.02 <= hours <= 168:
        raise argparse.ArgumentTypeError("between 0.02 (a minute) and 168 hours (a week)")
    return hours


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it as 2026-11-27") from None


def run_report(arguments: argparse.Namespace) -> int:
    """The exit code of the verdict; evidence is written whatever it is."""
    from dataops.evidence.publishing import publish
    from dataops.performance import job, run

    platform = platform_of(arguments)
    if arguments.day:
        wanted = job.of_day(platform, arguments.subject, say, arguments.day)
    else:
        wanted = job.of_now(platform, arguments.subject, say, length=timedelta(hours=arguments.hours))
    # A wrong name is a wrong usage, not a report that failed.
    _ = wanted.subject
    reported = run.run(wanted, proof=arguments.prove)
    published = publish(platform.store, reported.record)
    if reported.made.report and not arguments.json:
        sys.stdout.write(f"{reported.made.report.sentence}\n{reported.made.page_key}\n")
    return answer_record(reported.record, published, as_json=arguments.json, code=reported.exit_code)


def run_show(arguments: argparse.Namespace) -> int:
    """The exit code of the report's own verdict; 2 where there is none."""
    from dataops.performance.report import archive
    from dataops.performance.report.markdown import markdown
    from dataops.performance.report.page import render

    platform = platform_of(arguments)
    before = arguments.day + timedelta(days=1) if arguments.day else datetime.now(UTC)
    days = 1 if arguments.day else archive.FURTHEST
    found = next(archive.nights(platform.store, arguments.subject, before=before, days=days), None)
    if found is None:
        when = f"that ended on {arguments.day:%Y-%m-%d}" if arguments.day else "yet"
        raise ConfigurationError(
            f"There is no report of {arguments.subject} {when}: `dataops report run {arguments.subject}` "
            "makes one."
        )
    texts: Texts = {
        ".html": lambda: render(found),
        ".json": found.to_bytes,
        ".md": lambda: markdown(found),
    }
    _tell(arguments, texts, json.loads(found.to_bytes()))
    return found.verdict.exit_code


def run_compare(arguments: argparse.Namespace) -> int:
    """0; both days are shown side by side."""
    from dataops.performance import job
    from dataops.performance.looking import window_of
    from dataops.performance.report.comparing import compare

    platform = platform_of(arguments)
    first, second = (
        window_of(job.of_day(platform, arguments.subject, say, day)) for day in sorted(arguments.days)
    )
    _tell_digest(arguments, compare(first, second, datetime.now(UTC)))
    return 0


def run_roll_up(arguments: argparse.Namespace) -> int:
    """0; 3 where no night of that time has a report."""
    from dataops.errors import InconclusiveError
    from dataops.performance.report import archive
    from dataops.performance.report.rolling import month_of, roll_up, week_of

    platform = platform_of(arguments)
    kind, day = ("week", arguments.week) if arguments.week else ("month", arguments.month)
    since, until = week_of(day.date()) if kind == "week" else month_of(day.date())
    nights = archive.nights_of(platform.store, arguments.subject, since, until)
    _tell_digest(arguments, roll_up(kind, arguments.subject, since, until, nights))
    return 0 if nights else InconclusiveError.exit_code


def _tell_digest(arguments: argparse.Namespace, digest: Digest) -> None:
    from dataops.performance.report.markdown import markdown_of_digest
    from dataops.performance.report.page import render_digest

    texts: Texts = {
        ".html": lambda: render_digest(digest),
        ".json": digest.to_bytes,
        ".md": lambda: markdown_of_digest(digest),
    }
    _tell(arguments, texts, json.loads(digest.to_bytes()))


def _tell(arguments: argparse.Namespace, texts: Texts, document: dict[str, Any]) -> None:
    """Write the file that was asked for, or answer on stdout."""
    path: Path | None = arguments.output
    if path is None:
        told = texts[".md"]()
        answer(document, told if isinstance(told, str) else told.decode(), as_json=arguments.json)
        return
    if path.suffix not in texts:
        raise ConfigurationError(f"{path}: name it .html, .json or .md, so that its form is known.")
    text = texts[path.suffix]()
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    answer({"verdict": document.get("verdict"), "path": str(path)}, f"Wrote {path}.", as_json=arguments.json)


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
