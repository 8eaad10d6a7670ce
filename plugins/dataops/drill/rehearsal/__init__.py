"""The drill of the drill: faults are put into copies of a backup, and every one must turn a check red."""

from dataops.drill.rehearsal.rehearse import rehearse

__all__ = ["rehearse"]
