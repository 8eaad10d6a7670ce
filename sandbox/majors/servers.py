"""Servers of each other major: the binaries of zonky's embedded PostgreSQL, from Maven Central.

Each jar carries initdb, pg_ctl and postgres with all of contrib, built for any Linux with glibc; no programs
of the client. Licence: PostgreSQL's for what is inside, Apache 2.0 for the packaging.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sandbox.errors import Missing
from sandbox.majors.cache import cached

PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
PATIENCE = 200
"""Seconds that Maven may take for one jar of 15 MB."""


@dataclass(frozen=True)
class Release:
    """One version of the server, with the SHA-256 of its jar by the artefact's word for the processor."""

    version: str
    sha256: Mapping[str, str]


RELEASES: Mapping[int, Release] = {
    14: Release(
        "14.23.0",
        {
            "amd64": "d041b87dd72016f2baf93bca54e91d3c85c2b8132bbf86ad82056d6b24b353ce",
            "arm64v8": "a55b93f67051a602be033b298461709f88789dccee925236f2fb5a4eaf9dd526",
        },
    ),
    16: Release(
        "16.15.0",
        {
            "amd64": "653abc065c682b85d3da50168fb95dc524bd85426cdec9ce3695a550ef431df2",
            "arm64v8": "f846a9989d686b7977d6eca9bc9d8b2b69e3f70c7eb60e032197d9c574a6136c",
        },
    ),
    17: Release(
        "17.11.0",
        {
            "amd64": "0dd7b72b6f335b8ecfb355fa24c5781e8a93edd09880bb77eb52ebbf29b3e96d",
            "arm64v8": "8b042e0ea418b1927d95399207950da0734d27fe01e29503ade3bdc464ad4c2b",
        },
    ),
    18: Release(
        "18.6.0",
        {
            "amd64": "008ee189eaa7ca2b58bd01dd950291e638b998392cf982297acd4779ec898ac1",
            "arm64v8": "5f54e016723afa6213925a8acb939bac52944b1d348f65c7a20f0cd2928c31be",
        },
    ),
}
MAJORS = tuple(RELEASES)
"""The majors that can be had beside the installed one."""

PROCESSORS: Mapping[str, str] = {"x86_64": "amd64", "aarch64": "arm64v8"}
"""From the kernel's word to the artefact's."""


def server_programs(major: int) -> Path:
    """The folder with initdb, pg_ctl and postgres of this major: cached, else fetched once by Maven.

    Raises ``Missing`` with one sentence where they cannot be had.
    """
    release = RELEASES[major]
    processor = PROCESSORS.get(platform.machine())
    if processor is None or platform.system() != "Linux":
        raise Missing(
            f"PostgreSQL {major} cannot be fetched for {platform.system()} on {platform.machine()}."
        )
    name = f"postgresql-{release.version}-{processor}"
    return cached(name, partial(_fill, release=release, processor=processor)) / "bin"


def _fill(folder: Path, *, release: Release, processor: str) -> None:
    jar = _fetched(folder, release, processor)
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if found != release.sha256[processor]:
        raise Missing(
            f"PostgreSQL {release.version} cannot be used: {jar.name} has the SHA-256 {found}, "
            f"{release.sha256[processor]} is pinned."
        )
    with zipfile.ZipFile(jar) as packed:
        inside = next(name for name in packed.namelist() if name.endswith(".txz"))
        with packed.open(inside) as archive, tarfile.open(fileobj=archive, mode="r:xz") as unpacked:
            unpacked.extractall(folder, filter="data")
    jar.unlink()


def _fetched(folder: Path, release: Release, processor: str) -> Path:
    maven = shutil.which("mvn")
    if not maven:
        raise Missing(f"PostgreSQL {release.version} cannot be fetched: install Maven (make setup).")
    artefact = f"embedded-postgres-binaries-linux-{processor}"
    finished = subprocess.run(
        [
            *(maven, "--quiet", "--batch-mode", "--strict-checksums", PLUGIN),
            f"-Dartifact=io.zonky.test.postgres:{artefact}:{release.version}",
            f"-DoutputDirectory={folder}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    if finished.returncode:
        reason = next((line for line in finished.stdout.splitlines() if "ERROR" in line), "no reason given")
        raise Missing(f"Maven could not fetch PostgreSQL {release.version}: {reason[:200]}")
    return folder / f"{artefact}-{release.version}.jar"
