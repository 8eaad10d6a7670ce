"""What can go wrong with a program that we start."""

from __future__ import annotations

import re

from dataops.errors import ConfigurationError, DataOpsError


class ProgramFailed(DataOpsError):
    """A program ended with a code other than 0. ``stderr_tail`` holds its last words, redacted."""

    def __init__(self, program: str, returncode: int, stderr_tail: str) -> None:
        how = (
            f"was ended by signal {-returncode}" if returncode < 0 else f"failed with exit code {returncode}"
        )
        said = f": {stderr_tail.strip()}" if stderr_tail.strip() else " and said nothing on stderr."
        super().__init__(f"{program} {how}{said}")
        self.program = program
        self.returncode = returncode
        self.stderr_tail = stderr_tail

    @property
    def complaint(self) -> str:
        """On one line what the program complained of, without its report of what went well before."""
        lines = [line.strip() for line in self.stderr_tail.splitlines() if line.strip()]
        grave = [line for line in lines if re.search(r"\b(error|fatal|panic)\b", line, re.IGNORECASE)]
        said = "; ".join(grave or lines[-1:]) or "it said nothing on stderr"
        return f"{self.program}: {said.replace(f'{self.program}: ', '')}"


class DeadlineExceeded(DataOpsError):
    """A program was still running at its deadline and was stopped with its whole group."""


class ProgramMissing(ConfigurationError):
    """A program is not installed where this task runs, or may not be executed there."""


class SecretInArguments(DataOpsError):
    """A secret stood in an argument list, where every user of the host could read it. Nothing was started."""
