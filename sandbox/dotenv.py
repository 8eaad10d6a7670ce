"""Files of ``NAME='value'`` lines, read alike by a shell and by python-dotenv."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Replace the file at once; nobody else may read it."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())
    fresh.replace(path)


def read(path: Path) -> dict[str, str]:
    """The variables of a file; comments and empty lines are skipped."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, _, value = line.partition("=")
            found[name.strip().removeprefix("export ")] = "".join(shlex.split(value))
    return found
