"""Putting a run on record, and telling the next task where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dataops.airflow import assets, links
from dataops.evidence.look import tell as tell_check
from dataops.evidence.verdict import Verdict

if TYPE_CHECKING:
    from airflow.sdk import Context

    from dataops.evidence import Published
    from dataops.evidence.record import Record
    from dataops.evidence.steps import StepReport
    from dataops.store import ObjectStore


def run_lineage(context: Context) -> dict[str, str]:
    """Which run of which DAG this is, and why it runs, in the words of the evidence's lineage."""
    run = context["dag_run"]
    told = {
        "dag_id": context["dag"].dag_id,
        "run_id": context["run_id"],
        "run_type": str(getattr(run.run_type, "value", run.run_type)),
        "reason": context["params"].get("reason") or "",
    }
    return {name: value for name, value in told.items() if value}


def red_lines(report: StepReport) -> list[str]:
    """A line of the log for each red check: what is raised then names one of them, in a line that is cut."""
    red = {Verdict.FAILED, Verdict.INCONCLUSIVE}
    return [tell_check(check) for check in report.checks if check.verdict in red]


def with_runbook(record: Record, context: Context) -> Record:
    """The record that leads to its DAG's page, unless it says itself what to do."""
    if record.runbook:
        return record
    return record.model_copy(update={"runbook": links.runbook(context["dag"].dag_id)})


def put_on_record(store: ObjectStore, record: Record, context: Context) -> dict[str, Any]:
    """Publish the record and emit the verdict's asset event; what the task ``verdict`` needs to know."""
    from dataops.evidence.publishing import publish

    record = with_runbook(record, context)
    return tell(record, publish(store, record), context)


def tell(record: Record, published: Published, context: Context) -> dict[str, Any]:
    """Emit the asset event of a record that is published; what the task ``verdict`` needs to know."""
    told = {
        "verdict": record.verdict.value,
        "reason": record.reason,
        "key": published.key,
        "page": links.page(published.page_key),
        "spooled": published.spooled,
    }
    asset = assets.verdict(record.capability, record.subject)
    context["outlet_events"][asset].extra.update({**told, "figures": assets.figures(record.figures)})
    return told
