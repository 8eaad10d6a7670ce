"""``make demo``: every DAG once by the real scheduler, and one table of what came out."""

from __future__ import annotations

import time

from dataops.evidence.units import duration

from sandbox import airflow_runs
from sandbox.airflow_runs import Run
from sandbox.airflow_server import ROLES, AirflowClient
from sandbox.demo import failover, kafka, performance
from sandbox.demo.broken_copy import broken_copy
from sandbox.demo.table import Line, print_table
from sandbox.platform import BUCKET, NAME, SandboxPlatform
from sandbox.start import Say

AFTER_THE_DRILLS = ("backup_watch", "sweep")
SECONDS = 900

NEXT = (
    "Look first at Backups, Reports and Failover in its navigation, and at the red drill's grid.",
    "The same from a shell: set -a; . .sandbox/env; set +a; .venv/bin/dataops backup list flights",
    "Stop it with: make down",
)
"""What a person who has just seen the table may do now."""

DAMAGED = "flights"
"""The subject of which a damaged copy is drilled."""


def demo(platform: SandboxPlatform, say: Say) -> int:
    """0 where every run passed but those that must be red, and these for the right reason; else 1."""
    from dataops import inventory

    began = time.monotonic()
    client = platform.airflow.client()
    names = [subject.name for subject in inventory.load(platform.airflow.include, NAME).backed_up]
    backups, drills = [f"backup__{name}" for name in names], [f"restore_drill__{name}" for name in names]
    airflow_runs.parsed(
        client, [*backups, *drills, *AFTER_THE_DRILLS, performance.SAMPLES, performance.REPORT]
    )
    lines = _runs(client, [performance.SAMPLES], say)
    performance.be_busy(platform, say)
    lines += _runs(client, [performance.SAMPLES, *backups], say)
    lines += _drill_of_a_damaged_copy(platform, client, say)
    lines += _runs(client, drills, say)
    lines += _report(client, say)
    lines += _kafka(platform, client, say)
    lines += _failover(platform, client, say)
    lines += _runs(client, AFTER_THE_DRILLS, say)
    print_table(lines, say)
    say(f"\nAll runs took {duration(time.monotonic() - began)}. Airflow stays up: {platform.airflow.url}")
    for user in ROLES:
        say(f"  log in as {user:<9} with {getattr(platform.secrets, f'{user}_password')}")
    for line in NEXT:
        say(line)
    return 0 if all(line.well for line in lines) else 1


def _runs(client: AirflowClient, dag_ids: list[str] | tuple[str, ...], say: Say) -> list[Line]:
    say(f"\nAirflow runs {', '.join(dag_ids)}:")
    return _awaited(client, [airflow_runs.active_or_new(client, dag_id) for dag_id in dag_ids], say)


def _drill_of_a_damaged_copy(platform: SandboxPlatform, client: AirflowClient, say: Say) -> list[Line]:
    """A copy of the newest backup, one of whose flights is a mile longer; the real backup stays as it is."""
    from dataops.store import Keys, ObjectStore

    secrets = platform.secrets
    keys = Keys(
        (secrets.operator_recipient, secrets.escrow_recipient),
        (secrets.operator_identity,),
        bytes.fromhex(secrets.hmac_key),
    )
    store = ObjectStore.from_connection(platform.store.connection(), BUCKET)
    dag_id = f"restore_drill__{DAMAGED}"
    with broken_copy(store, keys, DAMAGED) as backup_id:
        say(f"\nAirflow runs {dag_id} of a copy in which one flight of 336,776 is a mile longer:")
        wishes = {"point": backup_id, "reason": "The demo's damaged copy: this drill must fail."}
        run = airflow_runs.trigger(client, dag_id, wishes)
        (line,) = _awaited(client, [run], say)
    return [Line(line.told, f"{dag_id}, damaged copy", damaged=True)]


def _report(client: AirflowClient, say: Say) -> list[Line]:
    """The night's report of the time since the demo began, with its advice tried on the backup just taken."""
    say(f"\nAirflow runs {performance.REPORT}, and tries its advice on a restored backup:")
    run = airflow_runs.trigger(client, performance.REPORT, {"hours": 1, "prove": True})
    return _awaited(client, [run], say)


def _kafka(platform: SandboxPlatform, client: AirflowClient, say: Say) -> list[Line]:
    """Topics made as the files say; what somebody then changes by hand is found, and put right."""
    if not kafka.is_there(platform):
        return []
    airflow_runs.parsed(client, [kafka.TOPICS, kafka.DRIFT])
    lines = _runs(client, [kafka.TOPICS], say)
    kafka.show_a_refused_change(platform, say)
    kafka.change_by_hand(platform)
    say(f"\nSomebody sets {kafka.KEY} of {kafka.TOPIC} to an hour by hand. Airflow looks for drift:")
    (found,) = _awaited(client, [airflow_runs.trigger(client, kafka.DRIFT)], say)
    lines.append(
        Line(
            found.told,
            f"{kafka.DRIFT}, changed by hand",
            intended=f"as declared: manual override: topic {kafka.TOPIC} {kafka.KEY}",
        )
    )
    say("\nThe same look, told to put right what is safe:")
    return lines + _awaited(client, [airflow_runs.trigger(client, kafka.DRIFT, {"revert": True})], say)


def _failover(platform: SandboxPlatform, client: AirflowClient, say: Say) -> list[Line]:
    """The primary is killed under a writing client; what that client saw is drawn."""
    if not failover.is_there(platform):
        return []
    airflow_runs.parsed(client, [failover.TEST])
    say(f"\nAirflow runs {failover.TEST}: the primary is killed while a client writes.")
    told = failover.play(platform, client, say, seconds=SECONDS)
    for row in failover.picture(platform, told):
        say(f"  {row}")
    return [Line(told, failover.TEST)]


def _awaited(client: AirflowClient, runs: list[Run], say: Say) -> list[Line]:
    told = airflow_runs.await_all(client, runs, seconds=SECONDS, say=say)
    return [Line(each, each.run.dag_id) for each in told]
