"""Back up one subject and prove that the backup is in the store.

**What runs.** `preflight` looks before touching. `take` copies the data and, of the same moment, the
manifest. `verify` reads every object back from the store. `publish` writes the manifest, last: from then
on the backup exists. `expire` lets go what retention no longer needs, never the newest proven backup.
`evidence` records the run, red or green. `verdict` says it: it is the only task that decides the run.

**When.** On the schedule of the subject's YAML file, in UTC. By hand: *Trigger*, and choose in the form.

**A red task.**

- `preflight`: nothing was changed; its log says in one sentence what to mend.
- `take`: there is no backup of this run; the last one still counts, leftovers are swept.
- `verify`: the store does not hold what was sent: distrust the store, not only this backup.
- `publish`: the manifest or its copy in the other region is missing; this backup does not count.
- `expire`: the backup is good, but nothing was deleted: the bucket grows.
- `evidence`: the store is down; the record waits on the worker and the next run uploads it.
- `verdict` alone: open the evidence page, it names the check that was red.

**Run again.** Trigger it anew: every run takes a new backup, and an unfinished one is never counted.
Whoever owns the subject (see the tags) is called first.
"""

from airflow.sdk import DAG, chain
from dataops.airflow import operators, subjects
from dataops.airflow.form import form
from dataops.airflow.limits import backup_limits
from dataops.airflow.placement import placement
from dataops.airflow.runbook import about
from dataops.airflow.schedule import timetable
from dataops.airflow.settings import broken_settings, dag_settings
from dataops.airflow.tags import Capability

inventory = subjects.inventory()

for subject in inventory.backed_up:
    if not subjects.wanted(f"backup__{subject.name}"):
        continue
    server = inventory.server_of(subject)
    limits = backup_limits(subject.max_duration)
    where = placement(server)

    with DAG(
        dag_id=f"backup__{subject.name}",
        description=f"{subject.method} backup of the {subject.kind} {subject.name}",
        schedule=timetable(subject),
        **dag_settings(
            Capability.BACKUP,
            subject=subject.name,
            owner=subject.owner,
            runbook=__doc__ + about(subject, server),
            limits=limits,
        ),
    ) as dag:
        chain(
            operators.Preflight(subject=subject.name, **limits["preflight"].arguments, **where),
            operators.taking(subject)(subject=subject.name, **limits["take"].arguments, **where),
            operators.Verify(subject=subject.name, **limits["verify"].arguments, **where),
            operators.Publish(subject=subject.name, **limits["publish"].arguments, **where),
            operators.Expire(subject=subject.name, **limits["expire"].arguments, **where),
            operators.Evidence(subject=subject.name, **limits["evidence"].arguments),
            operators.Verdict(**limits["verdict"].arguments),
        )
    # Last, or every task would take a copy of its own: most of the time that 500 DAGs take to parse.
    dag.params.update(form(subject))

# A file that cannot be read stops nobody else's backup: it becomes a DAG that is red every hour.
for file in inventory.invalid:
    if subjects.wanted(f"backup__{file.name}"):
        with DAG(dag_id=f"backup__{file.name}", schedule="0 * * * *", **broken_settings(file)):
            operators.BrokenFile(problems=[str(problem) for problem in file.errors])
