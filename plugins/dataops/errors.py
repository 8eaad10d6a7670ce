"""The root of every error that a user may see, and the exit code that each kind means.

A message says in one or two plain sentences what happened, where, and what to do next. It never
holds a secret. Leaves live beside what they are about: ``dataops.store``, ``dataops.process`` and so on.
"""


class DataOpsError(Exception):
    """Something failed: exit code 1, verdict ``failed``."""

    exit_code = 1


class ConfigurationError(DataOpsError):
    """The user's files, arguments, connections or rights are wrong: exit code 2, nothing was changed."""

    exit_code = 2


class InconclusiveError(DataOpsError):
    """A check could not run or an outcome stays unknown: exit code 3, verdict ``inconclusive``."""

    exit_code = 3
