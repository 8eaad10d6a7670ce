"""Imports once, in the process that forks every task, what each task would otherwise import by itself.

That is half of what a small task costs. Airflow's scheduler (LocalExecutor) and DAG processor fork a process
a task and a file; both tell their listeners when they start. So changed code under plugins/ is only seen
after their restart, as Airflow's documentation of plugins says anyway.
"""

from __future__ import annotations

from importlib import import_module

from airflow.listeners import hookimpl

FORKED = (
    "boto3",
    "psycopg2",
    "dataops.airflow.operators",
    "dataops.airflow.settings",
    "dataops.airflow.form",
    "dataops.airflow.drill_form",
    "dataops.airflow.placement",
    "dataops.airflow.runbook",
    "dataops.airflow.schedule",
    "dataops.inventory.consistency",
    "dataops.backup.run",
    "dataops.backup.logical",
    "dataops.backup.physical",
    "dataops.evidence.publishing",
)
"""Without Great Expectations, which is large and which one task of a drill needs."""


@hookimpl
def on_starting(component: object) -> None:
    """Called by Airflow when a service starts, and in each task, which by then has everything."""
    if type(component).__name__ != "TaskRunnerMarker":
        for name in FORKED:
            import_module(name)
        from dataops.airflow import assets

        # The first asset of a process makes Airflow import what every provider says of its URIs.
        assets.backup("any")
