"""``python -m sandbox.compose prepare|buckets``: what docker-compose.yml's one-shot services run."""

from __future__ import annotations

import sys

from sandbox.compose import HOME, create_buckets, platform, prepare


def main() -> int:
    """0 when done, 2 for an unknown command."""
    match sys.argv[1:]:
        case ["prepare"]:
            prepare()
            print(f"Secrets, certificates and settings are in {HOME}.")
        case ["buckets"]:
            create_buckets(platform())
            print("Both buckets are there, versioned and locked.")
        case _:
            print("usage: python -m sandbox.compose prepare|buckets", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
