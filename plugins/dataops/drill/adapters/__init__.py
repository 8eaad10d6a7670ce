"""Drills of backups that others take: plain pg_dump files, Barman, WAL-G. They are only restored, never kept.

Such a backup has no manifest of ours. So whatever compares with one is declared not applicable, with that
reason; everything that a restored server can be asked by itself still runs.
"""

from dataops.drill.adapters.adapter import adapter_of
from dataops.drill.adapters.choosing import choose
from dataops.drill.adapters.restoring import preflight, restored

__all__ = ["adapter_of", "choose", "preflight", "restored"]
