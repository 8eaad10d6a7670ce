"""A Python with Patroni that PostgreSQL's own OS user may run, wherever the tests' own interpreter lives."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import pytest

from sandbox import os_user

_OF_PATRONI = ("patroni", "python-etcd", "dnspython", "psycopg2-binary")


def runtime(folder: Path) -> list[str]:
    """The command that runs Patroni as PostgreSQL's user; the test fails where no Python can be shared.

    PostgreSQL refuses root, and Patroni starts it: so both run as ``postgres``, which may not look into a
    home folder. The packages are copied; the interpreter is the first of the same version that it may run.
    """
    packages = folder / "packages"
    if not packages.exists():
        _copy_packages(packages)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        command = ["env", f"PYTHONPATH={packages}", "PYTHONDONTWRITEBYTECODE=1", candidate, "-m", "patroni"]
        if _runs([*command, "--version"]):
            return command
    pytest.fail(f"There is no {version} here that the user {os_user.database_user()} may run")


def _runs(command: list[str]) -> bool:
    try:
        return (
            subprocess.run(
                command, cwd="/", capture_output=True, timeout=30, check=False, **os_user.switch()
            ).returncode
            == 0
        )
    except OSError:
        return False


def _copy_packages(target: Path) -> None:
    target.mkdir(mode=0o755)
    done: set[str] = set()
    for name in _OF_PATRONI:
        for package in _with_dependencies(name, done):
            for file in package.files or ():
                source = Path(str(package.locate_file(file)))
                if ".." not in file.parts and source.is_file() and source.suffix != ".pyc":
                    destination = target / file
                    destination.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, destination)


def _with_dependencies(name: str, done: set[str]) -> Iterator[Distribution]:
    if name.lower() in done:
        return
    done.add(name.lower())
    try:
        package = distribution(name)
    except PackageNotFoundError:
        return
    yield package
    for wanted in package.requires or ():
        if "extra ==" not in wanted:
            yield from _with_dependencies(re.split(r"[ ;<>=!~\[(]", wanted)[0], done)
