"""``dataops``: the same jobs as the DAGs, without Airflow, for pull requests, pods, cron and people.

Answers go to stdout, as one JSON document with ``--json``; progress and errors go to stderr.
Exit codes: 0 passed, 1 failed, 2 wrong usage or configuration, 3 inconclusive, 130 interrupted.
"""

from dataops.cli.frame import main

__all__ = ["main"]
