"""The files of one pgBackRest backup, as its own manifest lists them, against what lies in the bucket.

pgBackRest's verify reads ``backup.manifest`` or, silently, its copy; hangs on a file cut short (2.45); and
says nothing of WAL that is missing. So we hold sizes and both manifests against the bucket's listing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from dataops.backup.physical.engine import PgBackRest
from dataops.backup.physical.errors import BackupDamaged

SUFFIXES = {"none": "", "gz": ".gz", "lz4": ".lz4", "zst": ".zst", "bz2": ".bz2"}
_SECTION = "[target:file]"


@dataclass(frozen=True)
class Expected:
    """What must lie in the bucket: from the key below ``backup/<stanza>/`` to its bytes.

    A bundle holds many files, so its size is the end of the last one.
    """

    sizes: Mapping[str, int]


def expected(engine: PgBackRest, label: str, repo: int) -> Expected:
    """What the backup's manifest lists; ``BackupDamaged`` where its two copies differ or cannot be read."""
    with TemporaryFile() as first, TemporaryFile() as second:
        # Unnamed files: a manifest in clear holds the keys of its backup.
        for file, name in ((first, "backup.manifest"), (second, "backup.manifest.copy")):
            path = f"backup/{engine.stanza}/{label}/{name}"
            engine.run("repo-get", argument=path, repo=repo, output=file.fileno())
        if _digest(first) != _digest(second):
            raise BackupDamaged(
                f"The two copies of the manifest of {label} in repository {repo} differ: one is damaged. "
                "Take a new full backup."
            )
        return parse((line.decode() for line in first), label)


def parse(lines: Iterable[str], label: str) -> Expected:
    """What a backup's manifest lists (pgBackRest, doc/xml/… and src/info/manifest.c). Pure."""
    sizes: dict[str, int] = {}
    section, suffix, bundled = "", "", False
    for line in (each.rstrip("\n") for each in lines):
        if line.startswith("["):
            section = line
        elif line.startswith("option-compress-type="):
            suffix = SUFFIXES[json.loads(line.partition("=")[2])]
        elif line == "backup-bundle=true":
            bundled = True
        elif section == _SECTION and "={" in line:
            name, _, values = line.rpartition("={")
            _add(sizes, name, json.loads("{" + values), label, suffix, bundled=bundled)
    return Expected(sizes)


def _add(
    sizes: dict[str, int], name: str, file: Mapping[str, Any], label: str, suffix: str, *, bundled: bool
) -> None:
    size = int(file.get("repo-size", file["size"]))
    owner = str(file.get("reference", label))
    if "bni" in file:
        key = f"{owner}/bundle/{file['bni']}"
        sizes[key] = max(sizes.get(key, 0), int(file.get("bno", 0)) + size)
    elif size or not bundled:  # with bundles an empty file is not stored at all
        sizes[f"{owner}/{name}{suffix}"] = size


def faults(wanted: Expected, listed: Mapping[str, int], label: str) -> list[str]:
    """What is missing, or has another size than the manifest says. A bundle may also end later. Pure."""
    found = []
    for key, size in sorted(wanted.sizes.items()):
        have = listed.get(key)
        # Of a bundle of an earlier backup only some files are still needed.
        enough = have is not None and (
            have == size or (have > size and "/bundle/" in key and _earlier(key, label))
        )
        if have is None:
            found.append(f"{key} is missing.")
        elif not enough:
            found.append(f"{key} has {have} bytes, the manifest says {size}.")
    return found


def _earlier(key: str, label: str) -> bool:
    return not key.startswith(f"{label}/")


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(1 << 20), b""):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()
