"""The form of a failover test by hand."""

from __future__ import annotations

from functools import cache

from airflow.sdk import Param

from dataops.airflow.form import reason


@cache
def failover_form() -> dict[str, Param]:
    """The fields that the UI shows. What is done stands in the scenario's file, and nowhere else."""
    return {
        "author": Param(
            None,
            type=["null", "string"],
            maxLength=200,
            title="Author of the scenario",
            description="Name or address of who wrote the scenario's file: that person cannot approve the "
            "test. Empty: Git is asked.",
        ),
        "reason": reason(),
    }
