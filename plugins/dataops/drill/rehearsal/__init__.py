"""The drill of the drill: known faults are put into copies of a backup, and every one must be seen."""
