"""Addresses that a person can open."""

from __future__ import annotations

from urllib.parse import quote

from airflow.sdk.configuration import conf

from dataops.airflow.tags import ONCE_PER_ENVIRONMENT

CONSOLE = "/dataops"
"""Where the console's pages are mounted on Airflow's web server."""


def dag_id(capability: str, subject: str) -> str:
    """``backup__flights``; the capability alone for what exists once per environment."""
    return capability if capability in ONCE_PER_ENVIRONMENT else f"{capability}__{subject}"


def page(page_key: str) -> str:
    """The evidence page under this key of the store, as Airflow's web server shows it to who is logged in."""
    return f"{_base()}{CONSOLE}/{page_key}"


def report(page_key: str) -> str:
    """The performance report under this key of the store, as Airflow's web server shows it."""
    return f"{_base()}{CONSOLE}/{page_key}"


def runbook(dag: str) -> str:
    """The DAG's page: its documentation is the runbook."""
    return f"{_base()}/dags/{dag}"


def required_action(dag: str, run: str, task: str) -> str:
    """Where a person answers what this task asks."""
    return f"{_base()}/dags/{dag}/runs/{quote(run, safe='')}/tasks/{task}/required_actions"


def login(back_to: str) -> str:
    """Airflow's login, which leads back to this address of the same server."""
    return f"{_base()}/api/v2/auth/login?next={quote(back_to, safe='')}"


def _base() -> str:
    return str(conf.get("api", "base_url", fallback="http://localhost:8080")).rstrip("/")
