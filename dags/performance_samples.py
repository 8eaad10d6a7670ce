"""Sample the statistics of every server, every ten minutes: what performance reports are made from.

**What runs.** `sample`, a task a server, on the worker that the server's file names: one light session reads
what the server and its databases say of themselves (statements, tables, indexes, WAL, locks, settings, sizes)
and keeps it as Parquet under `samples/<server>/`; once an hour it also reads what costs more. Old samples are
removed. `evidence` records the round, `verdict` fails the run unless every server was sampled.

**Nothing is written** on a watched server, and no statistics are reset. A question may take seconds and
wait a tenth of a second for a lock; what cannot be read is left out and told.

**Red** means that a server or a database could not be sampled at all, and the evidence says why. Reports of
that time will say *not measurable* where they would have said something. There is no second try: the next
round comes in ten minutes, and counters lose nothing until then (docs/samples.md). Whoever owns the server is
called first.
"""

from airflow.sdk import DAG, CronTriggerTimetable, TaskGroup, chain
from dataops.airflow import operators, subjects
from dataops.airflow.limits import PERFORMANCE_SAMPLES as LIMITS
from dataops.airflow.placement import placement
from dataops.airflow.settings import dag_settings
from dataops.airflow.tags import Capability
from dataops.inventory.location import environment_name

servers = [each for each in subjects.inventory().active if each.kind == "server" and each.samples.enabled]
if servers:
    with DAG(
        dag_id="performance_samples",
        description="Read what every server says of its own performance",
        schedule=CronTriggerTimetable("*/10 * * * *", timezone="UTC"),
        **dag_settings(
            Capability.PERFORMANCE_SAMPLES,
            subject=environment_name(),
            owner="data-platform",
            runbook=__doc__,
            limits=LIMITS,
        ),
    ):
        # No mapped task: Airflow sends all of those to one queue, and a server may have a worker of its own.
        with TaskGroup("sample") as sample:
            for server in servers:
                where = placement(server, pool="default_pool")
                operators.Sample(server=server.name, **LIMITS["sample"].arguments, **where)
        chain(
            sample,
            operators.SamplesEvidence(
                servers=[server.name for server in servers],
                subject=environment_name(),
                **LIMITS["evidence"].arguments,
            ),
            operators.Verdict(**LIMITS["verdict"].arguments),
        )
