"""Remove, once a day, what runs that died have left behind.

**What it removes.** Objects of backups without a manifest and unfinished uploads, after a day of grace;
leases that expired; pauses and folders of runs that no longer live; scratch servers of drills that died.
Never a published backup: that is the business of each subject's `expire`.

**Red** means that something could not be removed, or was found where it must not be. Its evidence names each
thing. Run it again whenever you like.
"""

from airflow.sdk import DAG, CronTriggerTimetable, chain
from dataops.airflow import operators
from dataops.airflow.limits import SWEEP
from dataops.airflow.settings import dag_settings
from dataops.airflow.tags import Capability
from dataops.inventory.location import environment_name

with DAG(
    dag_id="sweep",
    description="Remove what runs that died have left behind",
    schedule=CronTriggerTimetable("30 5 * * *", timezone="UTC"),
    **dag_settings(
        Capability.SWEEP,
        subject=environment_name(),
        owner="data-platform",
        runbook=__doc__,
        limits=SWEEP,
    ),
):
    chain(
        operators.Look(
            task_id="sweep",
            function="dataops.drill.sweep.sweep",
            capability="sweep",
            subject=environment_name(),
            **SWEEP["sweep"].arguments,
        ),
        operators.Verdict(recorded_by="sweep", **SWEEP["verdict"].arguments),
    )
