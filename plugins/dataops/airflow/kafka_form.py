"""The forms of a manual run that provisions a cluster, and of a manual look for drift."""

from __future__ import annotations

from functools import cache

from airflow.sdk import Param

from dataops.airflow.form import reason


@cache
def topics_form() -> dict[str, Param]:
    """The fields that the UI shows, and that CI may fill when it triggers the DAG on a merge."""
    return {
        "author": Param(
            None,
            type=["null", "string"],
            maxLength=200,
            title="Author of the change",
            description="Name or address of who wrote what is applied: that person cannot approve it. "
            "Empty: Git is asked.",
        ),
        "reason": reason(),
    }


@cache
def drift_form() -> dict[str, Param]:
    """The fields that the UI shows for a manual look; a scheduled one only reads."""
    return {
        "revert": Param(
            False,
            type="boolean",
            title="Put right what is safe",
            description="First applies the safe part of the plan.",
        ),
        "reason": reason(),
    }
