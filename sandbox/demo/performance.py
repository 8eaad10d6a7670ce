"""The demo's part about performance: a statement that lacks an index, in the report of a real Airflow."""

from __future__ import annotations

from contextlib import closing

from sandbox.platform import SandboxPlatform
from sandbox.start import Say

SAMPLES, REPORT = "performance_samples", "performance_report__flights"
DATABASE = "flights"
ROUNDS = 60
SLOW = "SELECT count(*), avg(arr_delay) FROM flights WHERE carrier = %s AND flight = %s"
"""It reads all 336,776 flights to find the 365 of one number."""
NUMBERS = (("B6", 359), ("B6", 135), ("AA", 59), ("AA", 145), ("VX", 251), ("DL", 2159))


def be_busy(platform: SandboxPlatform, say: Say) -> None:
    """What a dashboard might ask: the delays of one flight number after the other."""
    import psycopg2

    say(f"\nA dashboard asks {ROUNDS} times for the delays of one flight number, and no index helps it.")
    with closing(psycopg2.connect(platform.primary.dsn(DATABASE))) as session, session.cursor() as cursor:
        for number in range(ROUNDS):
            cursor.execute(SLOW, NUMBERS[number % len(NUMBERS)])
            session.commit()
