"""The buttons that lead from a task to its evidence page and to its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey


class ReportPage(BaseOperatorLink):
    """Leads to the report that the operator's ``report_page`` names."""

    name = "Report"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The address; empty while there is none."""
        return str(getattr(operator, "report_page", ""))


class EvidencePage(BaseOperatorLink):
    """Leads to the page that the operator's ``page`` names; the worker keeps the address when a task ends."""

    name = "Evidence"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """The address; empty while there is none."""
        return str(getattr(operator, "page", ""))
