"""Secrets stay out of argument lists, streamed lines and error messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dataops.process.errors import SecretInArguments

_TELLTALE = ("PASSWORD", "PASSPHRASE", "SECRET", "TOKEN", "CIPHER_PASS")
_SHORTEST = 4
"""Shorter values would redact half of every line."""


@dataclass(frozen=True)
class Redaction:
    """The values that must never be seen, longest first so that no part of one survives."""

    secrets: tuple[str, ...]

    @classmethod
    def of(cls, secrets: Iterable[str], env: Mapping[str, str]) -> Redaction:
        """The given secrets and the values of those variables whose names say that they hold one."""
        telling = (
            value
            for name, value in env.items()
            if any(word in name.upper() for word in _TELLTALE) and not name.upper().endswith(("FILE", "PATH"))
        )
        whole = {secret for secret in (*secrets, *telling) if len(secret) >= _SHORTEST}
        lines = {line for secret in whole for line in secret.splitlines() if len(line) >= _SHORTEST}
        found = whole | lines  # output is cleaned line by line
        return cls(tuple(sorted(found, key=len, reverse=True)))

    def clean(self, text: str) -> str:
        """The text with ``***`` in place of every secret."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text

    def refuse(self, argv: Sequence[str]) -> None:
        """Nothing, where no argument holds a secret; else ``SecretInArguments``, naming the position only."""
        for position, argument in enumerate(argv):
            if any(secret in argument for secret in self.secrets):
                raise SecretInArguments(
                    f"Argument {position} of {argv[0] if position else 'a program'} holds a secret: "
                    "pass it by environment variable or by a file that only its owner can read."
                )
