"""Writing what is on a cluster as a team's file, to begin with what is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dataops.errors import ConfigurationError
from dataops.kafka.cluster.connecting import connect
from dataops.kafka.cluster.observing import observe
from dataops.kafka.desired import Cluster
from dataops.kafka.files.loading import FOLDER, FilesInvalid, defaults_of, load, read_clusters
from dataops.kafka.importing import Imported, imported
from dataops.kafka.job import Job


class CannotImport(ConfigurationError):
    """Nothing was written, and why."""


@dataclass(frozen=True)
class TakenOver:
    """What was read, and the file that was written; None where none was."""

    imported: Imported
    path: Path | None


def take_over(
    job: Job, team: str, *, patterns: Sequence[str] = ("*",), access: bool = True, write: bool = True
) -> TakenOver:
    """The topics that no file declares yet, as the file of this team; an existing file is never touched.

    Needs a valid cluster.yaml and no other file. Raises ``CannotImport``, having written nothing.
    """
    path = job.include / FOLDER / job.cluster / "topics" / f"{team}.yaml"
    if write and path.exists():
        raise CannotImport(f"{path} exists: choose another team, or take --stdout and merge it by hand.")
    defaults = defaults_of(job.include, job.cluster)
    cluster = _cluster(job)
    with connect(job.platform.connection(cluster.connection), cluster.cluster_id) as session:
        observed = observe(session)
    found = imported(
        observed,
        cluster,
        team,
        defaults=defaults,
        patterns=patterns,
        besides=_declared(job),
        access=access,
    )
    if not found.topics:
        raise CannotImport(f"No topic of {job.cluster} is left to import: all that match are declared.")
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found.text, encoding="utf-8")
    return TakenOver(found, path if write else None)


def _cluster(job: Job) -> Cluster:
    found = read_clusters(job.include, job.platform.environment).clusters
    for each in found:
        if each.name == job.cluster:
            return each
    raise CannotImport(
        f"The cluster {job.cluster} is not of the environment {job.platform.environment}: "
        "set DATAOPS_ENVIRONMENT to the one that is meant."
    )


def _declared(job: Job) -> frozenset[str]:
    """The topics of the files that there are; none while there is no file."""
    if not any((job.include / FOLDER / job.cluster / "topics").glob("*")):
        return frozenset()
    try:
        return frozenset(load(job.include, job.cluster).topics)
    except FilesInvalid as error:
        raise CannotImport(f"First mend the files that are there: {error}") from None
