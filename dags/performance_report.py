"""Report every night on one database: what got slower and why, what will break soon, and what to do.

**What runs.** `data` asks the database whether its rows are as its owners expect (include/expectations).
`prove` tries the advice of the report on a scratch server with the latest backup: once a week, or when the
form asks for it. `report` takes one more sample, compares the day with others, and writes the report: open
it by the task's button *Report*. `verdict` says whether the run is red.

**Red** means one of three things, and the evidence names it. *Failed*: something is in danger (a critical
finding that nobody has acknowledged), or rows are not as expected. *Inconclusive*: something could not be
measured or tried, and nobody has declared that it cannot be. Warnings and notices stand in the report and
turn nothing red.

**What to do.** Open the report. Each finding has a page in docs/findings: what it means, how to confirm, how
to fix. What is fine for a while is acknowledged in the database's YAML, until a date.

**It only reads**, at most for minutes, and writes nothing on the database. Run it again whenever you like.
Whoever owns the database (see the tags) is called first.
"""

from airflow.sdk import DAG, chain
from dataops.airflow import operators, subjects
from dataops.airflow.limits import report_limits
from dataops.airflow.placement import placement
from dataops.airflow.report_form import report_form
from dataops.airflow.runbook import about_reports
from dataops.airflow.schedule import report_timetable
from dataops.airflow.settings import dag_settings
from dataops.airflow.tags import Capability

inventory = subjects.inventory()

for database in inventory.databases:
    server = inventory.server_of(database)
    if database.retired is not None or not database.report.enabled or not server.samples.enabled:
        continue
    if not subjects.wanted(f"performance_report__{database.name}"):
        continue
    limits = report_limits(database.drill.max_duration)
    here, there = placement(server, pool="report"), placement(server, pool="drill")

    with DAG(
        dag_id=f"performance_report__{database.name}",
        description=f"What got slower on {database.name}, why, and what to do",
        schedule=report_timetable(database),
        **dag_settings(
            Capability.PERFORMANCE_REPORT,
            subject=database.name,
            owner=database.owner,
            runbook=__doc__ + about_reports(database),
            limits=limits,
            start=None,
        ),
    ) as dag:
        chain(
            [
                operators.CheckData(database=database.name, **limits["data"].arguments, **here),
                operators.ProveAdvice(database=database.name, **limits["prove"].arguments, **there),
            ],
            operators.MakeReport(database=database.name, **limits["report"].arguments, **here),
            operators.Verdict(recorded_by="report", **limits["verdict"].arguments),
        )
    # Last, or every task would take a copy of its own: most of the time that 500 DAGs take to parse.
    dag.params.update(report_form())
