"""One hash over everything that is declared, whatever file and line it stands in."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace

from dataops.kafka.desired import Desired, Topic

_PLACES = frozenset({"source", "team", "owner", "description"})
_CLUSTER_FIELDS = (
    "name",
    "environment",
    "cluster_id",
    "guarded",
    "protected",
    "foreign",
    "deletion",
    "throttle",
    "authoritative_acls",
)
_TOPIC_FIELDS = tuple(each.name for each in fields(Topic) if each.name not in _PLACES)


def fingerprint(desired: Desired) -> Desired:
    """The same, with the SHA-256 of what would be applied: moving a topic to another file changes nothing."""
    digest = hashlib.sha256()
    for part in (
        {name: str(getattr(desired.cluster, name)) for name in _CLUSTER_FIELDS},
        [[_plain(getattr(topic, name)) for name in _TOPIC_FIELDS] for topic in desired.topics.values()],
        [[str(each.acl), each.acl.pattern, each.state] for each in desired.acls],
        [
            [each.name, each.mechanism, each.secret, each.stored_iterations, each.state]
            for each in desired.users
        ],
        [[str(each.entity), sorted(each.limits.items()), each.state] for each in desired.quotas],
    ):
        digest.update(json.dumps(part, sort_keys=True).encode() + b"\n")
    return replace(desired, fingerprint=digest.hexdigest())


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value
