"""Look every night whether one Kafka cluster is still as the reviewed files say, and whether it is well.

**What it looks at.** Every declared topic, binding, user and quota against what is there, each difference
with its cause: changed by hand, not applied yet, deleted, recreated, hidden. Topics that no file declares.
Broker defaults that changed. Partitions that are offline or lack replicas, leaders out of balance, topics
without traffic, consumers that lag. What was told last night is told again with its age, not as news.

**Red** means that something is not as declared, or that the cluster is not well; the evidence page names each
thing, its cause and what to do (docs/kafka.md). *Inconclusive*: the cluster did not let us see it.

**It only reads.** By hand, the form can have what is safe put right first. Run it again whenever you like.
Whoever owns the cluster (see the tags) is called first.
"""

from airflow.sdk import DAG, chain
from dataops.airflow import operators, subjects
from dataops.airflow.kafka_form import drift_form
from dataops.airflow.limits import KAFKA_DRIFT as LIMITS
from dataops.airflow.runbook import about_cluster
from dataops.airflow.schedule import from_the_next_tick
from dataops.airflow.settings import dag_settings
from dataops.airflow.tags import Capability
from dataops.inventory.schedule import spread

for cluster in subjects.clusters().clusters:
    if not subjects.wanted(f"kafka_drift__{cluster.name}"):
        continue
    with DAG(
        dag_id=f"kafka_drift__{cluster.name}",
        description=f"Is the Kafka cluster {cluster.name} still as declared, and well?",
        schedule=from_the_next_tick(spread("daily", cluster.name)),
        params=drift_form(),
        **dag_settings(
            Capability.KAFKA_DRIFT,
            subject=cluster.name,
            owner=cluster.owner,
            runbook=__doc__ + about_cluster(cluster),
            limits=LIMITS,
            start=None,
        ),
    ):
        chain(
            operators.DriftCheck(cluster=cluster.name, **LIMITS["drift"].arguments),
            operators.Verdict(recorded_by="drift", **LIMITS["verdict"].arguments),
        )
