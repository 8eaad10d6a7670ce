"""The answer of a run that leaves evidence: its verdict first, then why, then where to read all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dataops.cli.answer import answer
from dataops.errors import InconclusiveError
from dataops.evidence.verdict import Verdict

if TYPE_CHECKING:
    from dataops.evidence import Published
    from dataops.evidence.record import Record
    from dataops.platform import Platform


def record_and_answer(platform: Platform, record: Record, *, as_json: bool) -> int:
    """Publishes the record, says it, and gives its verdict's exit code."""
    from dataops.evidence import publish

    return answer_record(record, publish(platform.store, record), as_json=as_json)


def answer_record(record: Record, published: Published, *, as_json: bool, code: int | None = None) -> int:
    """Says what was found and where its evidence lies; the exit code of the verdict, or ``code``.

    What is not on record never counts as passed: evidence that waits for the store is inconclusive.
    """
    code = record.verdict.exit_code if code is None else code
    if published.spooled and code == 0:
        code = InconclusiveError.exit_code
    answer(_document(record, published), _text(record, published), as_json=as_json)
    return code


def _document(record: Record, published: Published) -> dict[str, Any]:
    return {
        "backup_id": record.lineage.backup_id,
        "verdict": record.verdict.value,
        "reason": record.reason,
        "evidence": published.key,
        "page": published.page_key,
        "spooled": published.spooled,
        "record": record.model_dump(mode="json"),
    }


def _text(record: Record, published: Published) -> str:
    seconds = (record.finished - record.started).total_seconds()
    passed = sum(check.verdict is Verdict.PASSED for check in record.checks)
    harmless = {Verdict.PASSED, Verdict.NOT_APPLICABLE}
    return "\n".join([
        f"{record.verdict.value}: {record.capability} of {record.subject}, {seconds:.1f} s: {record.reason}",
        *([f"backup    {record.lineage.backup_id}"] if record.lineage.backup_id else []),
        f"checks    {passed} of {len(record.checks)} passed",
        *(
            f"          {check.verdict.value}: {check.name}: {check.reason}"
            for check in record.checks
            if check.verdict not in harmless
        ),
        f"evidence  {published.key}{' (waits on this machine for the store)' if published.spooled else ''}",
    ])
