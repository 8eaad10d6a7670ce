"""Restore a backup of one subject onto a scratch server and prove that everything is in it.

**What runs.** `prepare` chooses the recovery point and looks before touching. `drill` restores it onto a
scratch server of its own, checks it against its manifest, measures how long it took, and removes every trace.
`evidence` records the drill and marks the backup as proven, or as no longer proven. `check` shows each check
as a task of its own, named after it. `verdict` says it: it is the only task that decides the run.

**When.** On the schedule of `drill:` in the subject's YAML file, in UTC, or after each backup that passed.
By hand: *Trigger*, and choose the recovery point in the form. Production is only read, never written to.

**A red task.**

- `prepare`: nothing was restored; its log says what is missing: no backup yet, no room, no key, no program.
- `drill`: the drill could not be carried out: a store that is down, a host too full. That says nothing of the
  backup.
- `check`: that check was red. **The backup is there, but it is not what it should be**: docs/drills.md says
  for each name what it means and what to do; the one named `drill` means that it cannot be restored at all.
  Take a new backup, drill it, and find out since when.
- `teardown` (pods and instances only): something of the scratch server is left, and it costs money: delete
  it.
- `evidence`: the store is down; the record waits on the worker, and the backup is not marked.
- `verdict` alone: open the evidence page, it names the check that was red.

**Run again.** Trigger it anew, as often as you like: a drill changes nothing but its own scratch server.
Whoever owns the subject (see the tags) is called first.
"""

from airflow.sdk import DAG, chain
from dataops.airflow import operators, subjects
from dataops.airflow.drill_form import drill_form
from dataops.airflow.limits import drill_limits
from dataops.airflow.placement import placement
from dataops.airflow.runbook import about_drills
from dataops.airflow.schedule import drill_timetable
from dataops.airflow.settings import dag_settings
from dataops.airflow.tags import Capability

inventory = subjects.inventory()

for subject in inventory.active:
    if not subject.drill.enabled or not subjects.wanted(f"restore_drill__{subject.name}"):
        continue
    limits = drill_limits(subject.drill.max_duration)
    where = placement(inventory.server_of(subject), pool="drill")

    with DAG(
        dag_id=f"restore_drill__{subject.name}",
        description=f"Prove the {subject.method} backups of the {subject.kind} {subject.name}",
        schedule=drill_timetable(subject),
        **dag_settings(
            Capability.RESTORE_DRILL,
            subject=subject.name,
            owner=subject.owner,
            runbook=__doc__ + about_drills(subject),
            limits=limits,
            # A new drill waits for its next tick: a platform of today has no backup of last night.
            start=None,
        ),
    ) as dag:
        # What must share a host is one task; what is reached over the network is taken down by a task, too.
        outside = [subject.name] if subject.drill.scratch != "local" else []
        evidence = operators.DrillEvidence(
            subject=subject.name, elsewhere=bool(outside), **limits["evidence"].arguments
        )
        chain(
            operators.Prepare(subject=subject.name, **limits["prepare"].arguments, **where),
            operators.Drill(subject=subject.name, **limits["drill"].arguments, **where),
            *(operators.Teardown(subject=each, **limits["teardown"].arguments, **where) for each in outside),
            evidence,
            operators.CheckResult.partial(
                task_id="check",
                pool="drill_checks",
                map_index_template="{{ task.line['name'] }}",
                **limits["check"].arguments,
            ).expand(line=evidence.output),
            operators.Verdict(recorded_under="recorded", **limits["verdict"].arguments),
        )
    # Last, or every task would take a copy of its own: most of the time that 500 DAGs take to parse.
    dag.params.update(drill_form(subject))
