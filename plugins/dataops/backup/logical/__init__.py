"""Logical backups: pg_dump of a database on one snapshot, with its manifest, uploaded while it is written."""

from dataops.backup.logical.method import Logical

__all__ = ["Logical"]
