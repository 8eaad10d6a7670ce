"""One whole backup in a process of its own, for tests that kill it. Its argument is a pickled job."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from dataops.backup.logical import Logical, take
from dataops.backup.steps import Job
from dataops.errors import ConfigurationError
from dataops.platform import Platform

LEASE_SECONDS = 10
"""Short, so that the next run need not wait half a minute for a lease whose holder was killed."""


def main() -> None:
    subject, inventory, connections, options = pickle.loads(Path(sys.argv[1]).read_bytes())

    def resolve(connection_id: str) -> object:
        if connection_id not in connections:
            raise ConfigurationError(f"Connection {connection_id!r} does not exist.")
        return connections[connection_id]

    take.LEASE_SECONDS = LEASE_SECONDS
    platform = Platform("test", inventory, resolve)  # type: ignore[arg-type]
    job = Job(platform=platform, subject=subject, say=lambda line: print(line, flush=True), options=options)
    print("begun", flush=True)
    taken = Logical().take(job)
    verified = Logical().verify(job, taken)
    Logical().publish(job, taken, verified)
    memory = next(figure.value for figure in taken.figures if figure.name == "peak memory of this process")
    print(f"peak memory {memory:.0f}")
    print("published", flush=True)


if __name__ == "__main__":
    main()
