"""``dataops evidence …``: what the runs left behind, and whether anybody changed it since."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from dataops.cli.answer import answer, table
from dataops.cli.context import platform_of
from dataops.cli.verbs import Verbs, add_group, add_verb
from dataops.errors import ConfigurationError, DataOpsError
from dataops.evidence.verdict import Verdict

if TYPE_CHECKING:
    from dataops.evidence.chain import ChainReport, Link
    from dataops.evidence.record import Record
    from dataops.store import ObjectStore

SHOWN = 50


class EvidenceUnreadable(DataOpsError):
    """Something among the evidence is not what a run writes."""


def add(verbs: Verbs, common: argparse.ArgumentParser) -> None:
    """Adds the verbs of this module."""
    group = add_group(verbs, "evidence", "read what runs left behind")
    listing = add_verb(group, "list", common, "list the records, the newest first")
    listing.add_argument("subject", nargs="?", metavar="SUBJECT")
    listing.add_argument("--capability", help="only of this capability, such as backup")
    listing.add_argument("--limit", type=int, default=SHOWN, help=f"show at most so many (default: {SHOWN})")
    show = add_verb(group, "show", common, "show one record")
    show.add_argument("key", metavar="KEY", help="as `evidence list` shows it")
    for parser, run in ((listing, run_list), (show, run_show)):
        parser.add_argument(
            "--verify", action="store_true", help="look for what was changed, deleted or forked"
        )
        parser.set_defaults(run=run)


def run_list(arguments: argparse.Namespace) -> int:
    """0; with ``--verify`` 1 where a chain is broken, 3 where there is none to verify."""
    from dataops.evidence.listing import records

    store = platform_of(arguments).store
    # First: of a broken chain, the list may not be readable.
    reports = _verified(store, arguments.capability, arguments.subject) if arguments.verify else []
    broken = any(report.faults for report in reports)
    found = records(store, arguments.capability, arguments.subject)
    links = [] if broken else _readable(islice(found, arguments.limit))
    document = {
        "records": [link.model_dump(mode="json") for link in links],
        "chains": _chains_document(reports),
    }
    answer(document, "\n".join([_links_text(links), *_chains_text(reports)]), as_json=arguments.json)
    return _code(reports, arguments.verify)


def run_show(arguments: argparse.Namespace) -> int:
    """0, whatever the record's verdict; with ``--verify`` 1 where its chain is broken."""
    from dataops.evidence.listing import show
    from dataops.store import ObjectMissing

    store = platform_of(arguments).store
    try:
        record = show(store, arguments.key)
    except ObjectMissing:
        raise ConfigurationError(
            f"There is no record {arguments.key!r}: `dataops evidence list` shows the keys of all."
        ) from None
    except ValueError as error:
        raise EvidenceUnreadable(f"{arguments.key} is no record any more: somebody changed it.") from error
    reports = _verified(store, record.capability, record.subject) if arguments.verify else []
    document = {"record": record.model_dump(mode="json"), "chains": _chains_document(reports)}
    answer(document, "\n".join([_record_text(record), *_chains_text(reports)]), as_json=arguments.json)
    return _code(reports, arguments.verify)


def _verified(store: ObjectStore, capability: str | None, subject: str | None) -> list[ChainReport]:
    from dataops.evidence.listing import verify

    return verify(store, capability, subject)


def _readable(links: Iterable[Link]) -> list[Link]:
    try:
        return list(links)
    except ValueError as error:
        raise EvidenceUnreadable("A link of a chain cannot be read: --verify says which.") from error


def _code(reports: list[ChainReport], asked: bool) -> int:
    """What was to be verified and was not there never counts as passed."""
    if not asked:
        return 0
    codes = {report.verdict.exit_code for report in reports}
    return 1 if 1 in codes else 3 if codes - {0} or not codes else 0


def _links_text(links: list[Link]) -> str:
    rows = [
        (f"{link.finished:%Y-%m-%d %H:%M:%S}", link.capability, link.subject, link.verdict.value, link.key)
        for link in links
    ]
    return (
        table(("FINISHED (UTC)", "CAPABILITY", "SUBJECT", "VERDICT", "KEY"), rows) if rows else "No records."
    )


def _chains_text(reports: list[ChainReport]) -> list[str]:
    return [
        line
        for report in reports
        for line in (
            f"{report.verdict.value}: chain {report.capability}/{report.subject}, {report.length} long",
            *(f"  {fault.kind}: {fault.key} {fault.sentence}" for fault in report.faults),
        )
    ]


def _chains_document(reports: list[ChainReport]) -> list[dict[str, Any]]:
    return [
        {
            "capability": report.capability,
            "subject": report.subject,
            "length": report.length,
            "verdict": report.verdict.value,
            "faults": [
                {"kind": each.kind, "key": each.key, "sentence": each.sentence} for each in report.faults
            ],
        }
        for report in reports
    ]


def _record_text(record: Record) -> str:
    """The verdict and why, then every check and every figure."""
    seconds = (record.finished - record.started).total_seconds()
    facts = [
        ("verdict", f"{record.verdict.value}: {record.reason}"),
        ("run", f"{record.capability} of {record.subject} in {record.environment}"),
        ("finished", f"{record.finished:%Y-%m-%d %H:%M:%S} UTC, after {seconds:.1f} s"),
        ("backup", record.lineage.backup_id or ""),
        ("place", f"number {record.sequence}, after {record.previous or 'none'}"),
    ]
    checks = [(each.verdict.value, each.name, _why(each.verdict, each.reason)) for each in record.checks]
    figures = [(each.name, f"{each.value:g}", each.unit) for each in record.figures]
    parts = ["\n".join(f"{name:9} {value}" for name, value in facts if value)]
    parts += [table(("VERDICT", "CHECK", "REASON"), checks)] if checks else []
    parts += [table(("FIGURE", "VALUE", "UNIT"), figures)] if figures else []
    return "\n\n".join(parts)


def _why(verdict: Verdict, reason: str) -> str:
    return "" if verdict is Verdict.PASSED else reason
