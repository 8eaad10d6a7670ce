"""One drill's restore in a process of its own, to be killed: ``python -m … FILE``, which is a pickled job."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from dataops.backup.manifest.collect import collect
from dataops.backup.steps import Job
from dataops.drill.restoring import restored, torn_down
from dataops.platform import Platform

from tests.integration.drill.conftest import latest


def main(spec: Path) -> None:
    subject, inventory, connections, options, drill_id = pickle.loads(spec.read_bytes())
    job = Job(Platform("test", inventory, connections.__getitem__), subject, lambda line: None, options)
    print("begun", flush=True)
    with restored(job, latest(job), drill_id=drill_id) as server:
        for database in server.databases:
            collect(server.connection, dbname=database.dbname, keys=server.keys)
    print(torn_down(job, drill_id).verdict.value, flush=True)


main(Path(sys.argv[1]))
