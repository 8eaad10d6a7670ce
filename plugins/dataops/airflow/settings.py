"""What all DAGs have in common, and the traps of Airflow that it holds against."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk.configuration import conf

from dataops.airflow.limits import Limit, run_timeout
from dataops.airflow.notify import Notify
from dataops.airflow.tags import Capability, tags_of
from dataops.inventory import InvalidFile
from dataops.inventory.location import environment_name

START = datetime(2024, 1, 1, tzinfo=UTC)
"""Static: a start date that moves with the clock would make a new DAG version at every parse."""


def dag_settings(
    capability: Capability,
    *,
    subject: str,
    owner: str,
    runbook: str,
    limits: Mapping[str, Limit],
    start: datetime | None = START,
    paused: bool = False,
    runs: int = 1,
) -> dict[str, Any]:
    """The arguments of a DAG that looks after production while its people are asleep.

    ``start`` is None for what must wait for its next tick: see ``schedule.from_the_next_tick``. ``paused``
    is for what a person must switch on; ``runs`` above 1 for runs that may wait for a person.
    """
    who = {"capability": capability.value, "subject": subject, "owner": owner}
    return {
        "start_date": start,
        "catchup": False,
        "max_active_runs": runs,
        # A DAG that nobody switched on would be a backup that nobody takes.
        "is_paused_upon_creation": paused,
        # Bundles version dags/, but not plugins/: a run must not mix an old file with new code.
        "disable_bundle_versioning": True,
        "dagrun_timeout": run_timeout(limits),
        "tags": tags_of(capability, environment=environment_name(), owner=owner),
        "doc_md": runbook,
        "default_args": {"owner": owner},
        "access_control": access(owner),
        "on_failure_callback": Notify(**who, red=True),
        "on_success_callback": Notify(**who, red=False),
    }


def broken_settings(
    file: InvalidFile,
    capability: Capability = Capability.BACKUP,
    *,
    meaning: str = "is not backed up",
    shown_by: str = "dataops inventory check",
) -> dict[str, Any]:
    """The arguments of the DAG that stands for a file which cannot be read, and what that means."""
    told = "\n".join(f"- {line}" for line in file.errors)
    return {
        **dag_settings(
            capability,
            subject=file.name,
            owner=file.owner or "unknown",
            runbook=f"**{file.name} {meaning}**, because its file cannot be read:\n\n{told}\n\n"
            f"Mend the file; `{shown_by}` shows the same before a push.",
            limits={"mend_the_file": Limit(timedelta(minutes=5))},
        ),
        "access_control": None,
    }


def access(owner: str) -> dict[str, dict[str, set[str]]] | None:
    """What the role named after the owner may do, where the auth manager has roles per DAG (FAB), else None.

    The role must exist. Who may see everything keeps that by a role of FAB's own.
    """
    if not _has_roles():
        return None
    return {owner: {"DAGs": {"can_read", "can_edit"}, "DAG Runs": {"can_create", "can_read"}}}


def _has_roles() -> bool:
    return "fab" in str(conf.get("core", "auth_manager", fallback="")).lower()
