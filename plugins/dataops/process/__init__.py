"""The one door to other programs: argument lists, explicit environment, deadlines, no orphans."""

from dataops.process.child import peak_memory_of
from dataops.process.errors import DeadlineExceeded, ProgramFailed, ProgramMissing, SecretInArguments
from dataops.process.programs import find_program, version_of
from dataops.process.running import Finished, Running, run, start
from dataops.process.users import identity_of

__all__ = [
    "DeadlineExceeded",
    "Finished",
    "ProgramFailed",
    "ProgramMissing",
    "Running",
    "SecretInArguments",
    "find_program",
    "identity_of",
    "peak_memory_of",
    "run",
    "start",
    "version_of",
]
