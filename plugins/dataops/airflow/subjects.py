"""What the DAG files loop over: the inventory of this environment, read from local YAML and nothing else."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import get_parsing_context

from dataops.airflow.resolve import resolve
from dataops.inventory import Inventory, load
from dataops.inventory.location import environment_name, include_folder
from dataops.kafka.files.loading import Clusters, read_clusters
from dataops.platform import Platform

if TYPE_CHECKING:
    from dataops.failover.files.loading import Scenarios


def inventory() -> Inventory:
    """The inventory, read once per process: a task's process and a parse of a DAG file are short-lived."""
    return _read_once(include_folder(), environment_name())


@cache
def _read_once(folder: Path, name: str) -> Inventory:
    return load(folder, name)


def clusters() -> Clusters:
    """The Kafka clusters of this environment, by their own files: topics are read when a task runs."""
    return read_clusters(include_folder(), environment_name())


def scenarios(of: Inventory | None = None) -> Scenarios:
    """The scenarios of failover tests of this environment, by their own files."""
    from dataops.failover.files.loading import load as load_scenarios  # no other DAG file needs them

    return load_scenarios(include_folder(), environment_name(), inventory=of or inventory())


def platform(*, fresh: bool = False) -> Platform:
    """This environment's platform with Airflow's connections; ``fresh`` for processes that live long."""
    files = load(include_folder(), environment_name()) if fresh else inventory()
    return Platform(environment=environment_name(), inventory=files, resolve=resolve)


def wanted(dag_id: str) -> bool:
    """Whether this parse needs the DAG: a task's process needs only its own (500 DAGs: 0.8 s → 0.1 s)."""
    only = get_parsing_context().dag_id
    return only is None or only == dag_id
