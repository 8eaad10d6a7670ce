"""From topicctl's YAML to ours: https://github.com/segmentio/topicctl, pkg/config/{topic,cluster,acl}.go.

What has no counterpart is told, never dropped in silence.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from dataops.errors import ConfigurationError
from dataops.kafka.files.loading import CLUSTER_FILE, FOLDER
from dataops.kafka.files.starting import CLUSTER_SCHEMA, TOPICS_SCHEMA, dump

_VARIABLE = re.compile(r"\$\{?[A-Za-z_]\w*\}?")
_PLACEMENTS = {"any": None, "cross-rack": "cross_rack", "static": None}
_RESOURCES = {
    "topic": "topic",
    "group": "group",
    "cluster": "cluster",
    "transactionalid": "transactional_id",
}
_KNOWN = {
    "meta": {"name", "cluster", "region", "environment", "description", "labels", "consumers"},
    "spec": {"partitions", "replicationFactor", "retentionMinutes", "settings", "placement", "migration"},
}


class NotTopicctl(ConfigurationError):
    """A file that topicctl would not read either."""


@dataclass
class Converted:
    """The texts of our files, by their path below include/kafka/, and a sentence on each loss."""

    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def convert(
    folder: Path, team: str, *, owner: str = "", environment: Mapping[str, str] | None = None
) -> Converted:
    """The folder of one cluster (``cluster.yaml``, ``topics/``, ``acls/``) as files of this team.

    Variables are taken from ``environment``, by default the process's, as topicctl does. Raises
    ``NotTopicctl`` with the file's name.
    """
    variables = os.environ if environment is None else environment
    converted = Converted()
    cluster = next(_documents(folder / CLUSTER_FILE, variables, converted), None)
    if cluster is None:
        raise NotTopicctl(f"{folder / CLUSTER_FILE} is not there: name the folder of one cluster.")
    name, text = _cluster(cluster, owner or team, converted)
    converted.files[f"{name}/cluster.yaml"] = text
    topics: dict[str, Any] = {}
    for path in sorted((folder / "topics").rglob("*.yaml")):
        for document in _documents(path, variables, converted):
            key, topic = _topic(document, path, converted)
            if key in topics:
                converted.notes.append(f"{path.name}: {key} stands there twice; the first one is kept.")
            topics.setdefault(key, topic or None)
    acls = _acls(folder, variables, converted)
    content = {"team": team, "topics": topics} | ({"acls": acls} if acls else {})
    converted.files[f"{name}/topics/{team}.yaml"] = dump(TOPICS_SCHEMA, content)
    if (folder / "users").is_dir():
        converted.notes.append(
            "users/ is left out: declare SCRAM users with the connections that hold passwords."
        )
    converted.notes.append(
        "topicctl leaves settings alone that no file names; here they are unset: see `dataops kafka plan`."
    )
    return converted


def write(converted: Converted, include: Path) -> list[Path]:
    """The files, written below ``include``; a cluster's own file that is there already stays as it is.

    Raises ``ConfigurationError``, having written nothing, where a team's file is there already.
    """
    targets = {include / FOLDER / path: text for path, text in converted.files.items()}
    kept = [path for path in targets if path.name == CLUSTER_FILE and path.exists()]
    for path in targets.keys() - set(kept):
        if path.exists():
            raise ConfigurationError(
                f"{path} exists: choose another team, or take --stdout and merge it by hand."
            )
    converted.notes.extend(f"{path} is there already and stays as it is." for path in kept)
    written = [path for path in targets if path not in kept]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(targets[path], encoding="utf-8")
    return written


def _documents(path: Path, variables: Mapping[str, str], converted: Converted) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        return
    text = path.read_text(encoding="utf-8")
    for found in sorted(set(_VARIABLE.findall(text))):
        name = found.strip("${}")
        if name in variables:
            text = text.replace(found, variables[name])
        else:
            converted.notes.append(f"{path.name}: the variable {name} is not set: it stays as it stands.")
    try:
        documents = list(yaml.load_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise NotTopicctl(f"{path} is not YAML: {str(error).splitlines()[0]}.") from None
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict) or not isinstance(document.get("meta"), dict):
            raise NotTopicctl(f"{path} is no file of topicctl: it has no mapping `meta`.")
        yield document


def _cluster(document: dict[str, Any], owner: str, converted: Converted) -> tuple[str, str]:
    meta, spec = document["meta"], document.get("spec") or {}
    name = re.sub(r"[^a-z0-9_-]+", "-", str(meta.get("name", "")).lower())
    if name != meta.get("name"):
        converted.notes.append(
            f"The cluster {meta.get('name')} is named {name}: names have lower-case letters."
        )
    content: dict[str, Any] = {
        "cluster": name,
        "environment": str(meta.get("environment", "")),
        "connection": f"kafka_{name.replace('-', '_')}",
        "cluster_id": spec.get("clusterID") or "REPLACE-ME",
        "owner": owner,
    }
    if not spec.get("clusterID"):
        converted.notes.append("topicctl's file pins no cluster id: put it into cluster.yaml.")
    if spec.get("defaultThrottleMB"):
        content["reassignment"] = {"throttle": int(spec["defaultThrottleMB"]) * 1_000_000}
    addresses = ", ".join(spec.get("bootstrapAddrs") or [])
    converted.notes.append(
        f"Create the connection {content['connection']} to {addresses}, with its TLS and SASL."
    )
    if spec.get("defaultRetentionDropStepDuration"):
        converted.notes.append(
            "Retention is not cut in steps here: a cut asks for an acknowledgement instead."
        )
    return name, dump(CLUSTER_SCHEMA, content)


def _topic(document: dict[str, Any], path: Path, converted: Converted) -> tuple[str, dict[str, Any]]:
    meta, spec = document["meta"], document.get("spec") or {}
    name = str(meta.get("name", ""))
    for part, known in _KNOWN.items():
        for key in sorted((document.get(part) or {}).keys() - known):
            converted.notes.append(f"{path.name}: {name}: {part}.{key} has no counterpart.")
    topic: dict[str, Any] = {}
    if meta.get("description"):
        topic["description"] = " ".join(str(meta["description"]).split())
    topic |= _placed(spec, name, converted)
    configs = {key: _value(value) for key, value in (spec.get("settings") or {}).items()}
    if spec.get("retentionMinutes"):
        configs["retention.ms"] = int(spec["retentionMinutes"]) * 60_000
    throttled = [key for key in configs if key.endswith(".replication.throttled.replicas")]
    for key in throttled:
        del configs[key]
        converted.notes.append(f"{name}: {key} is left out: a reassignment sets it itself.")
    for key in ("labels", "consumers"):
        if meta.get(key):
            converted.notes.append(
                f"{name}: {key} have no counterpart: put what matters into the description."
            )
    return name, topic | ({"configs": configs} if configs else {})


def _placed(spec: dict[str, Any], name: str, converted: Converted) -> dict[str, Any]:
    placement = spec.get("placement") or {}
    strategy = placement.get("strategy", "any")
    if strategy == "static" and placement.get("staticAssignments"):
        return {"replicas": placement["staticAssignments"]}
    counts = {
        "partitions": spec.get("partitions"),
        "replication_factor": spec.get("replicationFactor"),
        "placement": _PLACEMENTS.get(strategy),
    }
    if strategy not in _PLACEMENTS:
        converted.notes.append(
            f"{name}: the placement {strategy} has no counterpart: Kafka places its replicas."
        )
    return {key: value for key, value in counts.items() if value is not None}


def _value(value: Any) -> Any:
    return ",".join(str(each) for each in value) if isinstance(value, list) else value


def _acls(folder: Path, variables: Mapping[str, str], converted: Converted) -> list[dict[str, Any]]:
    bindings: list[dict[str, Any]] = []
    for path in sorted((folder / "acls").rglob("*.yaml")):
        for document in _documents(path, variables, converted):
            for acl in (document.get("spec") or {}).get("acls") or []:
                binding = _binding(acl, path, converted)
                if binding is not None and binding not in bindings:
                    bindings.append(binding)
    return bindings


def _binding(acl: dict[str, Any], path: Path, converted: Converted) -> dict[str, Any] | None:
    resource = acl.get("resource") or {}
    kind = _RESOURCES.get(str(resource.get("type", "")).lower().replace("_", ""))
    if kind is None or not resource.get("principal"):
        what = f"{resource.get('type')} {resource.get('name')}"
        why = "files cannot declare it" if kind is None else "it names no principal"
        converted.notes.append(f"{path.name}: the binding on {what} is left out: {why}.")
        return None
    binding: dict[str, Any] = {"resource": kind, "name": resource.get("name")}
    if str(resource.get("patternType", "literal")).lower() != "literal":
        binding["pattern"] = str(resource["patternType"]).lower()
    binding |= {
        "principal": resource["principal"],
        "operations": [_snake(each) for each in acl["operations"]],
    }
    if str(resource.get("permission", "allow")).lower() != "allow":
        binding["permission"] = "deny"
    if resource.get("host", "*") != "*":
        binding["host"] = resource["host"]
    return binding


def _snake(operation: object) -> str:
    """``DescribeConfigs`` and ``describeConfigs`` as ``describe_configs``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(operation)).lower()
