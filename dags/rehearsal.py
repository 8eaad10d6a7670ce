"""Rehearse the restore drill itself, once a week: would it notice?

**What runs.** `rehearse` takes the newest backup of one subject, puts fault after fault into copies of it,
drills each copy, and counts which faults turned a check red and whether a clean copy did. The subjects take
turns by their method: the smallest one of a method stands for all, since it is the drill that is rehearsed.
`verdict` fails the run unless every fault was noticed and no clean drill was red.

**Production** and the real backup are only read. The copies are removed, whatever happens.

**Red** means one of two things, and the evidence names the fault. *Missed*: a backup could be bad in that
way, and every drill would still be green. Add a check, or mend one, before you trust the next green drill.
*False alarm*: a drill of a good backup would be red; mend that check, or people stop looking.

**By hand**: *Trigger*, and choose subject and faults in the form. Run it again whenever you like.
"""

from airflow.sdk import DAG, chain
from dataops.airflow import operators, subjects
from dataops.airflow.drill_form import rehearsal_form
from dataops.airflow.limits import REHEARSAL
from dataops.airflow.schedule import from_the_next_tick
from dataops.airflow.settings import dag_settings
from dataops.airflow.tags import Capability
from dataops.inventory.location import environment_name

with DAG(
    dag_id="rehearsal",
    description="Would a drill notice a bad backup?",
    schedule=from_the_next_tick("0 8 * * 6"),
    params=rehearsal_form(subjects.inventory()),
    **dag_settings(
        Capability.REHEARSAL,
        subject=environment_name(),
        owner="data-platform",
        runbook=__doc__,
        limits=REHEARSAL,
        start=None,
    ),
):
    chain(
        operators.Rehearse(environment=environment_name(), pool="drill", **REHEARSAL["rehearse"].arguments),
        operators.Verdict(recorded_by="rehearse", **REHEARSAL["verdict"].arguments),
    )
