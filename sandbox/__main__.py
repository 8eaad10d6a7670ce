"""``python -m sandbox up|down|status|demo``: the local platform."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress

from dataops.errors import DataOpsError

from sandbox.home import Home
from sandbox.start import up
from sandbox.status import status
from sandbox.stop import down


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 done, 1 a service failed, 2 the machine lacks something."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="The local platform, without Docker."
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("up", help="start whatever does not run yet")
    verbs.add_parser("down", help="stop everything; the data stays")
    verbs.add_parser("status", help="what runs; a dead service is shown with the end of its log")
    verbs.add_parser("demo", help="up, then every capability's DAG once, and a table of the results")
    verb = parser.parse_args(arguments).verb
    home = Home.current()
    try:
        return _do(verb, home)
    except DataOpsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Interrupted. What was started still runs: make down", file=sys.stderr)
        return 1


def _do(verb: str, home: Home) -> int:
    if verb == "down":
        down(home, say)
        return 0
    if verb == "status":
        return status(home, say)
    platform = up(home, say)
    if verb == "demo":
        from sandbox.demo import demo

        return demo(platform, say)
    return 0


def say(line: str) -> None:
    """Show a line at once, whole even where several threads speak."""
    with suppress(BrokenPipeError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
