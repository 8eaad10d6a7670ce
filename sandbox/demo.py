"""``make demo``: every DAG once by the real scheduler, and one table of what came out."""

from __future__ import annotations

import time
from typing import Any

from sandbox import airflow_runs
from sandbox.airflow_runs import Told
from sandbox.airflow_server import ROLES
from sandbox.platform import NAME, SandboxPlatform
from sandbox.start import Say

AFTER_THE_BACKUPS = ("backup_watch", "sweep")
SECONDS = 480
SHOWN = 4


def demo(platform: SandboxPlatform, say: Say) -> int:
    """0 where every run passed, else 1."""
    from dataops import inventory

    began = time.monotonic()
    client = platform.airflow.client()
    subjects = inventory.load(platform.airflow.include, NAME).subjects
    backups = [f"backup__{subject.name}" for subject in subjects]
    airflow_runs.parsed(client, [*backups, *AFTER_THE_BACKUPS])
    told: list[Told] = []
    for phase in (backups, AFTER_THE_BACKUPS):
        say(f"\nAirflow runs {', '.join(phase)}:")
        runs = [airflow_runs.active_or_new(client, dag_id) for dag_id in phase]
        told += airflow_runs.await_all(client, runs, seconds=SECONDS, say=say)
    _print_table(told, say)
    say(f"\nAll runs took {time.monotonic() - began:.0f} s. Airflow stays up: {platform.airflow.url}")
    for user in ROLES:
        say(f"  log in as {user:<9} with {getattr(platform.secrets, f'{user}_password')}")
    say("Stop it with: make down")
    return 0 if all(map(_passed, told)) else 1


def _print_table(told: list[Told], say: Say) -> None:
    """Four columns, and beneath each run where its evidence is: addresses are too long for a column."""
    width = max(len(each.run.dag_id) for each in told)
    say(f"\n{'what ran':<{width}}  {'verdict':<17}  {'seconds':>7}  figures")
    say("─" * (width + 70))
    for each in told:
        say(f"{each.run.dag_id:<{width}}  {each.verdict:<17}  {each.seconds:7.0f}  {_figures(each)}")
        for line in (each.page, *_red(each)):
            say(f"{'':<{width}}  {line}")


def _red(told: Told) -> list[str]:
    if _passed(told):
        return []
    tasks = [task for task, state in told.tasks.items() if state not in {"success", "skipped"}]
    return [told.reason, f"tasks that are not green: {', '.join(tasks)}"]


def _passed(told: Told) -> bool:
    return told.verdict == "passed" and told.state == "success"


def _figures(told: Told) -> str:
    lines = [f"{name} {_human(figure['value'], figure['unit'])}" for name, figure in told.figures.items()]
    return " · ".join(lines[:SHOWN])


def _human(value: Any, unit: str) -> str:
    if unit in {"bytes", "bytes/second"}:
        return f"{value / 1e6:,.1f} {unit.replace('bytes', 'MB').replace('second', 's')}"
    number = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return number if unit == "count" else f"{number} {unit}"
