"""The charts of a window, in the order in which a reader wants them."""

from __future__ import annotations

from collections.abc import Callable

from dataops.performance.report.charts import load, logs, sessions, storage
from dataops.performance.report.charts.reading import Canvas, canvas
from dataops.performance.report.coverage import quality_line
from dataops.performance.report.document import Chart
from dataops.performance.window import Quality, SectionName, Window

CHARTS: tuple[tuple[SectionName, Callable[[Canvas], Chart]], ...] = (
    (SectionName.STATEMENTS, load.load_by_statement),
    (SectionName.SESSIONS, sessions.waits),
    (SectionName.BLOCKING, sessions.locks),
    (SectionName.SESSIONS, sessions.connections),
    (SectionName.DATABASE, load.transactions),
    (SectionName.DATABASE, load.rows_changed),
    (SectionName.DATABASE, storage.cache),
    (SectionName.DATABASE, storage.reads),
    (SectionName.CHECKPOINTS, storage.checkpoints),
    (SectionName.WAL, storage.wal),
    (SectionName.ARCHIVER, storage.archive_lag),
    (SectionName.REPLICATION, sessions.replication),
    (SectionName.LOGS, logs.troubles),
)
"""Every chart with the section that it draws."""


def charts(window: Window) -> tuple[Chart, ...]:
    """Every chart; one whose section is not measurable says so in its place."""
    on = canvas(window)
    return tuple(_judged(chart(on), window.section(name).quality) for name, chart in CHARTS)


def _judged(chart: Chart, quality: Quality) -> Chart:
    return chart if chart.missing else chart.model_copy(update={"quality": quality_line(quality)})
