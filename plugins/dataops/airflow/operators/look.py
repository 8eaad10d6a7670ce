"""A task that looks at the whole environment and records what it saw: the watch, the sweep."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dataops.airflow import assets, subjects
from dataops.airflow.operators.stoppable import Stoppable
from dataops.airflow.recording import put_on_record, run_lineage

if TYPE_CHECKING:
    from airflow.sdk import Context


class Look(Stoppable):
    """Calls ``function(platform, say, lineage)``, which answers a record, and publishes it.

    ``function`` is a dotted path, imported when the task runs: a DAG file must parse fast.
    """

    template_fields: Sequence[str] = ("function",)

    def __init__(self, *, function: str, capability: str, subject: str, **kwargs: Any) -> None:
        super().__init__(**{"outlets": [assets.verdict(capability, subject)], **kwargs})
        self.function = function
        self.capability = capability
        self.subject = subject

    def execute(self, context: Context) -> dict[str, Any]:
        """Where the record lies and what it says."""
        module, _, name = self.function.rpartition(".")
        platform = subjects.platform()
        with self._stoppable():
            record = getattr(import_module(module), name)(
                platform, say=lambda line: self.log.info("%s", line), lineage=run_lineage(context)
            )
        return put_on_record(platform.store, record, context)
