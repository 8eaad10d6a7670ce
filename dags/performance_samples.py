"""Sample the statistics of every server, every ten minutes: what performance reports are made from.

**What runs.** `sample`, a task a server: one light session reads what the server and its databases say of
themselves (statements, tables, indexes, WAL, locks, settings, sizes) and keeps it as Parquet under
`samples/<server>/`; once an hour it also reads what costs more. Old samples are removed. `evidence` records
the round, `verdict` fails the run unless every server was sampled.

**Nothing is written** on a watched server, and no statistics are reset. A question may take seconds and
wait a tenth of a second for a lock; what cannot be read is left out and told.

**Red** means that a server or a database could not be sampled at all, and the evidence says why. Reports of
that time will say *not measurable* where they would have said something. There is no second try: the next
round comes in ten minutes, and counters lose nothing until then (docs/samples.md). Whoever owns the server is
called first.
"""

from airflow.sdk import DAG, CronTriggerTimetable, chain
from dataops.airflow import operators, subjects
from dataops.airflow.limits import PERFORMANCE_SAMPLES as LIMITS
from dataops.airflow.settings import dag_settings
from dataops.airflow.tags import Capability
from dataops.inventory.location import environment_name

servers = sorted(
    each.name for each in subjects.inventory().servers if each.retired is None and each.samples.enabled
)
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
        chain(
            operators.Sample.partial(
                task_id="sample", map_index_template="{{ task.server }}", **LIMITS["sample"].arguments
            ).expand(server=servers),
            operators.SamplesEvidence(
                servers=servers, subject=environment_name(), **LIMITS["evidence"].arguments
            ),
            operators.Verdict(**LIMITS["verdict"].arguments),
        )
