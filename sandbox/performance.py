"""The demo's part about performance: a statement that lacks an index, in the report of a real Airflow."""

from __future__ import annotations

from contextlib import closing

from sandbox.platform import SandboxPlatform
from sandbox.start import Say

SAMPLES, REPORT = "performance_samples", "performance_report__flights"
DATABASE = "flights"
ROUNDS = 60
SLOW = "SELECT count(*), avg(arr_delay) FROM flights WHERE tailnum = %s"
"""It reads all 336,776 flights to find those of one aeroplane."""
AEROPLANES = ("N14228", "N24211", "N619AA", "N804JB", "N668DN", "N39463")


def be_busy(platform: SandboxPlatform, say: Say) -> None:
    """What a dashboard might ask: the flights of one aeroplane after the other."""
    import psycopg2

    say(f"\nA dashboard asks {ROUNDS} times for the flights of one aeroplane, and no index helps it.")
    with closing(psycopg2.connect(platform.primary.dsn(DATABASE))) as session, session.cursor() as cursor:
        for number in range(ROUNDS):
            cursor.execute(SLOW, (AEROPLANES[number % len(AEROPLANES)],))
            session.commit()
