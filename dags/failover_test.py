"""Break a database server as a disaster would, fail it over, and prove what its clients saw and lost.

**What runs.** `preflight` looks at the cluster, refuses what must not be touched, and plans: nothing is
touched. `approve` shows a person the exact steps and the worst case, and waits; skipped where the scenario
needs no approval. `test` is the round, in one task with one try: a canary writes through the clients' own
endpoint, the fault is injected and proven, the standby is promoted, the route is led there, the ledger of the
canary is held against the rows, the old primary rejoins, and the roles go back. `evidence` records it, with
its timeline. `verdict` says it: it alone decides the run.

**When.** By hand, or on the scenario's schedule, in UTC. **It is created paused.** A run whose tick is more
than 15 minutes ago breaks nothing. **Stop every test now: `dataops failover stop --reason "…"`.**

**A red task.**

- `preflight`: refused, and nothing was touched: its log names what is wrong (target, lag, backup, guard, …).
- `approve`: somebody said no, nobody answered in time, or whoever answered must not decide it.
- `test`: a check was red, or the round stopped itself: open the evidence page. **Look at the cluster first**:
  `dataops failover plan` shows who is primary. Did the task die, the guard healed or fenced within the lease
  and paged; its evidence (failover_guard) says which.
- `evidence`: the store is down; the record waits on the worker and the next run uploads it.
- `verdict` alone: the evidence page names what was red. docs/failover.md says for each what it means.

**Run again.** Only when the cluster is as it should be: preflight refuses while an earlier round is open. A
round that died is never tried again by itself. Whoever owns the scenario (see the tags) is called first.
"""

from airflow.sdk import DAG, chain
from dataops.airflow import operators, subjects
from dataops.airflow.failover_form import failover_form
from dataops.airflow.limits import failover_limits
from dataops.airflow.placement import placement
from dataops.airflow.runbook import about_scenario
from dataops.airflow.schedule import failover_timetable
from dataops.airflow.settings import broken_settings, dag_settings
from dataops.airflow.tags import Capability

scenarios, inventory = subjects.scenarios(), subjects.inventory()

for scenario in scenarios.scenarios:
    name = scenario.name
    if not subjects.wanted(f"failover_test__{name}"):
        continue
    database = inventory.subject(scenario.database)
    server = inventory.server_of(database)
    owner = scenario.owner or database.owner
    limits = failover_limits(scenario.stop.longest, scenario.approval.within)
    where = placement(server, pool="failover")

    with DAG(
        dag_id=f"failover_test__{name}",
        description=f"{scenario.mode} of {server.name}: what clients of {database.name} see and lose",
        schedule=failover_timetable(scenario),
        params=failover_form(),
        **dag_settings(
            Capability.FAILOVER_TEST,
            subject=name,
            owner=owner,
            runbook=__doc__ + about_scenario(scenario, server, owner),
            limits=limits,
            start=None,
            paused=True,
        ),
    ):
        chain(
            operators.FailoverPreflight(scenario=name, **limits["preflight"].arguments, **where),
            operators.ApproveTest(
                scenario=name,
                owner_of_scenario=owner,
                response_timeout=limits["approve"].time,
                **limits["approve"].arguments,
            ),
            operators.FailoverTest(scenario=name, **limits["test"].arguments, **where),
            operators.FailoverEvidence(scenario=name, **limits["evidence"].arguments),
            operators.Verdict(**limits["verdict"].arguments),
        )

# A scenario whose file cannot be read stops no other: it becomes a DAG that is red every hour.
for file in scenarios.invalid:
    if subjects.wanted(f"failover_test__{file.name}"):
        broken = broken_settings(file, Capability.FAILOVER_TEST, meaning="is not tested")
        with DAG(dag_id=f"failover_test__{file.name}", schedule="0 * * * *", **broken):
            operators.BrokenFile(problems=[str(each) for each in file.errors], meaning="is not tested")
