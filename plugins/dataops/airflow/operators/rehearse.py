"""A task that damages copies of a backup and sees whether the drill notices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dataops.airflow import assets, subjects
from dataops.airflow.operators.stoppable import Stoppable
from dataops.airflow.recording import put_on_record, run_lineage
from dataops.airflow.tags import Capability

if TYPE_CHECKING:
    from airflow.sdk import Context


class Rehearse(Stoppable):
    """Rehearses with the subject and the faults that the form names, or with the subject whose turn it is."""

    template_fields: Sequence[str] = ()

    def __init__(self, *, environment: str, task_id: str = "rehearse", **kwargs: Any) -> None:
        outlets = [assets.verdict(Capability.REHEARSAL.value, environment)]
        super().__init__(task_id=task_id, **{"outlets": outlets, **kwargs})

    def execute(self, context: Context) -> dict[str, Any]:
        """Where the record lies and what it says."""
        from dataops.drill.rehearsing import rehearse_in_turn

        platform, params = subjects.platform(), context["params"]
        only = [each.strip() for each in (params.get("only") or "").split(",") if each.strip()]
        with self._stoppable():
            record = rehearse_in_turn(
                platform,
                say=lambda line: self.log.info("%s", line),
                today=datetime.now(UTC).date(),
                name=params.get("subject") or None,
                only=only or None,
                lineage=run_lineage(context),
            )
        return put_on_record(platform.store, record, context)
