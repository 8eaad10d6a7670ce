"""Ask every ten minutes: could we recover now, as promised?

**What it looks at.** For each subject, whether its newest recoverable moment is within its RPO and its
manifests are readable; for each server, whether WAL is archived without a gap and every database has a file;
for the store, versioning, object lock and the copy in the other region.

**Red** means that a disaster now would break a promise. The evidence page names the subject and the loss.
The watch only reads, so run it again whenever you like. It uses the default pool alone: whatever keeps
backups waiting must not keep their watch waiting too.

**If the scheduler itself is dead** nothing here can say so: when green, the watch calls the connection
`dataops_heartbeat`, and whoever misses the call raises the alarm. `dataops watch` from cron does the same.
"""

from airflow.sdk import DAG, CronTriggerTimetable, chain
from dataops.airflow import operators
from dataops.airflow.limits import WATCH
from dataops.airflow.settings import dag_settings
from dataops.airflow.tags import Capability
from dataops.inventory.location import environment_name

with DAG(
    dag_id="backup_watch",
    description="Could we recover now, as promised?",
    schedule=CronTriggerTimetable("*/10 * * * *", timezone="UTC"),
    **dag_settings(
        Capability.BACKUP_WATCH,
        subject=environment_name(),
        owner="data-platform",
        runbook=__doc__,
        limits=WATCH,
    ),
):
    chain(
        operators.Look(
            task_id="watch",
            function="dataops.backup.watch.watch",
            capability="backup_watch",
            subject=environment_name(),
            **WATCH["watch"].arguments,
        ),
        operators.Verdict(recorded_by="watch", **WATCH["verdict"].arguments),
    )
