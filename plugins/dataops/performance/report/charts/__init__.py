"""The charts of a window, in the order in which a reader wants them."""

from __future__ import annotations

from collections.abc import Callable

from dataops.performance.report.charts import load, logs, sessions, storage
from dataops.performance.report.charts.reading import Canvas, canvas
from dataops.performance.report.document import Chart
from dataops.performance.window import Window

CHARTS: tuple[Callable[[Canvas], Chart], ...] = (
    load.load_by_statement,
    sessions.waits,
    sessions.locks,
    sessions.connections,
    load.transactions,
    load.rows_changed,
    storage.cache,
    storage.reads,
    storage.checkpoints,
    storage.wal,
    storage.archive_lag,
    sessions.replication,
    logs.troubles,
)


def charts(window: Window) -> tuple[Chart, ...]:
    """Every chart; one whose section is not measurable says so in its place."""
    on = canvas(window)
    return tuple(chart(on) for chart in CHARTS)
