"""One apply in a process of its own, to be killed: ``python -m tests.integration.kafka.one_apply SPEC``."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from dataops.kafka.applying.apply import Work, apply, lease_name
from dataops.kafka.cluster.connecting import connect
from dataops.store import LeaseHeld, ObjectStore, lease


def main(spec: Path) -> int:
    """0: all done. 3: another run holds the lease, whose name is printed. 1: some change was not done."""
    connection, cluster_id, store_connection, bucket, part, heaviest, inherit = pickle.loads(
        spec.read_bytes()
    )
    store = ObjectStore.from_connection(store_connection, bucket)
    try:
        with (
            connect(connection, cluster_id) as session,
            lease(store, lease_name("main"), holder="a killed run", seconds=30, inherit=inherit) as held,
        ):
            print("begun", flush=True)
            report = apply(
                Work(session, "main", store, "a killed run", still_ours=held.check, heaviest=heaviest), part
            )
    except LeaseHeld as error:
        print(error)
        return 3
    print(report.resumed, report.check().reason)
    return 0 if all(outcome.done for outcome in report.outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
