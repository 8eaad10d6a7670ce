"""``python -m sandbox.flights DSN``: load the flights database, unless it is there."""

from __future__ import annotations

import sys
import time

import psycopg2

from sandbox.flights import ROWS, FlightsError, load


def main() -> int:
    """0 when the database is complete, 1 when it could not be loaded, 2 without a DSN."""
    if len(sys.argv) != 2:
        print("usage: python -m sandbox.flights DSN", file=sys.stderr)
        return 2
    started = time.monotonic()
    try:
        loaded = load(sys.argv[1], say=lambda step: print(f"  {step}", flush=True))
    except (FlightsError, psycopg2.Error) as error:
        print(str(error).strip(), file=sys.stderr)
        return 1
    seconds = time.monotonic() - started
    print(f"flights: {ROWS['flights']:,} rows {'loaded' if loaded else 'were there'} ({seconds:.1f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
