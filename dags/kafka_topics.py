"""Make the topics of one Kafka cluster what the reviewed files say, and prove that they are.

**What runs.** `check` reads the files. `plan` reads the cluster, works out what would change, and asks the
cluster whether it would take it. `apply` makes the safe changes, under the lease of the cluster, and reads
them back. `approve` waits for a person where something is disruptive or destructive; it is skipped where
nothing is. `apply_approved` makes those. `evidence` records the run. `verdict` says it: it alone decides.

**When.** Triggered by CI after a merge, and once a day, in UTC. **It is created paused**: read the plan of
`dataops kafka plan` first, then switch it on. A run whose tick is more than 15 minutes ago does nothing.

**A red task.**

- `check`: a file has a mistake; its log names file, line and field. Nothing was read or changed.
- `plan`: the cluster cannot be read, or would not take the changes: its log says what is missing.
- `apply`: something was not done, or somebody changed files or cluster since the plan. Run again: what is
  done is not done twice, and a run that died is gone on with.
- `approve`: somebody said no, nobody answered within a day, or whoever answered must not decide it. Nothing
  of the gated part was changed.
- `apply_approved`: as `apply`.
- `evidence`: the store is down; the record waits on the worker and the next run uploads it.
- `verdict` alone: the plan refuses something: the page says what, and which line in the file would allow it.

**Run again.** Trigger it anew, as often as you like: a second run changes nothing. Whoever owns the cluster
(see the tags) is called first.
"""

from airflow.sdk import DAG, chain
from dataops.airflow import operators, subjects
from dataops.airflow.kafka_form import topics_form
from dataops.airflow.limits import KAFKA_TOPICS as LIMITS
from dataops.airflow.runbook import about_cluster
from dataops.airflow.schedule import PROVISIONING_STARTS, from_the_next_tick
from dataops.airflow.settings import broken_settings, dag_settings
from dataops.airflow.tags import Capability
from dataops.inventory.schedule import spread

clusters = subjects.clusters()

for cluster in clusters.clusters:
    if not subjects.wanted(f"kafka_topics__{cluster.name}"):
        continue
    name = cluster.name
    with DAG(
        dag_id=f"kafka_topics__{name}",
        description=f"Make the topics of the Kafka cluster {name} what the files say",
        schedule=from_the_next_tick(spread("daily", name, starts=PROVISIONING_STARTS)),
        params=topics_form(),
        **dag_settings(
            Capability.KAFKA_TOPICS,
            subject=name,
            owner=cluster.owner,
            runbook=__doc__ + about_cluster(cluster),
            limits=LIMITS,
            start=None,
            paused=True,
            # A run that waits for a person must not keep the safe changes of the next merge waiting.
            runs=8,
        ),
    ):
        chain(
            operators.TopicsCheck(cluster=name, **LIMITS["check"].arguments),
            operators.TopicsPlan(cluster=name, **LIMITS["plan"].arguments),
            operators.TopicsApply(cluster=name, **LIMITS["apply"].arguments),
            operators.Approve(
                cluster=name, response_timeout=LIMITS["approve"].time, **LIMITS["approve"].arguments
            ),
            operators.TopicsApplyApproved(cluster=name, **LIMITS["apply_approved"].arguments),
            operators.TopicsEvidence(cluster=name, **LIMITS["evidence"].arguments),
            operators.Verdict(**LIMITS["verdict"].arguments),
        )

# A cluster whose file cannot be read stops no other: it becomes a DAG that is red every hour.
for file in clusters.invalid:
    if subjects.wanted(f"kafka_topics__{file.name}"):
        broken = broken_settings(
            file, Capability.KAFKA_TOPICS, meaning="is not provisioned", shown_by="dataops kafka check"
        )
        with DAG(dag_id=f"kafka_topics__{file.name}", schedule="0 * * * *", **broken):
            operators.BrokenFile(problems=[str(each) for each in file.errors], meaning="is not provisioned")
