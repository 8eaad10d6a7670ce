"""``python -m sandbox.compose prepare|buckets|targets``: what docker-compose.yml's one-shot services run."""

from __future__ import annotations

import sys

from dataops.errors import DataOpsError

from sandbox.compose import HOME, allow_failover, create_buckets, platform, prepare


def main() -> int:
    """0 when done, 2 for an unknown command; otherwise the error's own exit code."""
    try:
        match sys.argv[1:]:
            case ["prepare"]:
                prepare()
                print(f"Secrets, certificates and settings are in {HOME}.")
            case ["buckets"]:
                create_buckets(platform())
                print("Both buckets are there, versioned and locked.")
            case ["targets"]:
                allow_failover()
                print("Failover tests may touch the cluster of the services primary and standby.")
            case _:
                print("usage: python -m sandbox.compose prepare|buckets|targets", file=sys.stderr)
                return 2
    except DataOpsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
