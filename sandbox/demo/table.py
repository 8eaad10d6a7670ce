"""The table at the end of the demo: what ran, its verdict, its figures, and where its evidence is."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.evidence.page import abbreviated
from dataops.evidence.units import duration, human

from sandbox.airflow_runs import Told
from sandbox.start import Say

SHOWN = 4
TELLING = ("rto", "rpo", "backups proven", "window proven")
"""Figures that are shown before all others."""
NOTICED_BY = "check[content hashes]"
"""The only check that can see what is wrong with the damaged copy."""


@dataclass(frozen=True)
class Line:
    """One run in the table."""

    told: Told
    name: str
    damaged: bool = False
    intended: str = ""
    """How the reason begins with which the run must be red; empty where it must pass."""

    @property
    def well(self) -> bool:
        """Passed; of the damaged copy, red because of what was damaged and of nothing else."""
        if self.intended:
            return self.told.verdict == "failed" and self.told.reason.startswith(self.intended)
        if self.damaged:
            return self.told.verdict == "failed" and self.red_checks == [NOTICED_BY]
        return self.told.verdict == "passed" and self.told.state == "success"

    @property
    def is_meant_red(self) -> bool:
        """Whether the demo has broken something before."""
        return self.damaged or bool(self.intended)

    @property
    def verdict(self) -> str:
        """As the table says it."""
        return f"{self.told.verdict}, as intended" if self.is_meant_red and self.well else self.told.verdict

    @property
    def red_checks(self) -> list[str]:
        """The tasks that show a red check."""
        return [task for task in self.red_tasks if task.startswith("check[")]

    @property
    def red_tasks(self) -> list[str]:
        """Every task that is not green."""
        return [task for task, state in self.told.tasks.items() if state not in {"success", "skipped"}]


def print_table(lines: list[Line], say: Say) -> None:
    """Four columns, and beneath each run where its evidence is: addresses are too long for a column."""
    width = max(len(line.name) for line in lines)
    say(f"\n{'what ran':<{width}}  {'verdict':<19}  {'took':>9}  figures")
    say("─" * (width + 74))
    for line in lines:
        figures = _figures(line.told) or line.told.reason
        say(f"{line.name:<{width}}  {line.verdict:<19}  {duration(line.told.seconds):>9}  {figures}")
        for more in (line.told.page, *_red(line)):
            say(f"{'':<{width}}  {more}")


def _red(line: Line) -> list[str]:
    if line.well and not line.is_meant_red:
        return []
    return [line.told.reason, f"tasks that are not green: {', '.join(line.red_tasks)}"]


def _figures(told: Told) -> str:
    names = sorted(told.figures, key=lambda name: name not in TELLING)
    shown = [(name, told.figures[name]) for name in names[:SHOWN]]
    return " · ".join(
        f"{abbreviated(name)} {human(figure['value'], figure['unit'])}" for name, figure in shown
    )
