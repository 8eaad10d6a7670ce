"""The demo's table: the telling figures first, what is meant to be red said so, and never a bare line."""

from __future__ import annotations

from typing import Any

from sandbox.airflow_runs import Run, Told
from sandbox.demo.table import NOTICED_BY, Line, print_table


def told(dag: str, verdict: str = "passed", reason: str = "All 3 checks passed.", **more: Any) -> Told:
    state = "success" if verdict == "passed" else "failed"
    values = {"tasks": {}, "page": "http://airflow.test/page", "figures": {}, **more}
    return Told(Run(dag, "run"), state, 77.0, verdict=verdict, reason=reason, **values)


def printed(*lines: Line) -> list[str]:
    shown: list[str] = []
    print_table(list(lines), shown.append)
    return shown[2:]


def test_objectives_come_first_and_units_are_those_of_the_evidence_pages() -> None:
    figures = {
        name: {"value": value, "unit": unit}
        for name, value, unit in (
            ("fetch", 1.5, "seconds"),
            ("tables", 48.0, "count"),
            ("rto", 150.0, "seconds"),
        )
    }
    line, page = printed(Line(told("drill", figures=figures), "drill"))
    assert line == "drill  passed               1 min 17 s  RTO 2 min 30 s · fetch 1.5 s · tables 48"
    assert page.strip() == "http://airflow.test/page"


def test_a_run_without_figures_says_its_reason() -> None:
    assert printed(Line(told("sweep"), "sweep"))[0].endswith("All 3 checks passed.")


def test_what_is_meant_to_be_red_must_be_so_for_its_own_reason() -> None:
    right = {NOTICED_BY: "failed", "verdict": "failed"}
    red = Line(told("drill", "failed", "content hashes: differ", tasks=right), "damaged", damaged=True)
    assert red.well
    assert "failed, as intended" in printed(red)[0]
    assert printed(red)[-1].strip() == f"tasks that are not green: {NOTICED_BY}, verdict"
    wrong = {**right, "check[row counts]": "failed"}
    assert not Line(told("drill", "failed", "rows differ", tasks=wrong), "damaged", damaged=True).well
    assert not Line(told("drill"), "damaged", damaged=True).well
