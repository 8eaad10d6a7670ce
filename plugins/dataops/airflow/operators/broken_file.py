"""The only task of a DAG whose file cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from dataops.errors import ConfigurationError

if TYPE_CHECKING:
    from airflow.sdk import Context


class BrokenFile(BaseOperator):
    """Always red, with every problem of the file: a subject that nobody looks after must not look quiet."""

    template_fields: Sequence[str] = ()

    def __init__(
        self,
        *,
        problems: list[str],
        meaning: str = "is not backed up",
        task_id: str = "mend_the_file",
        **kwargs: Any,
    ) -> None:
        super().__init__(task_id=task_id, retries=0, **kwargs)
        self.problems = problems
        self.meaning = meaning

    def execute(self, context: Context) -> None:
        """Raise the problems, each in a line of the log before."""
        for problem in self.problems:
            self.log.error("%s", problem)
        raise ConfigurationError(
            f"This subject {self.meaning} until its file is mended.\n" + "\n".join(self.problems)
        )
