"""What the last evidence of a cluster says, for what one reading alone cannot tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dataops.kafka.desired import Acl


@dataclass(frozen=True, slots=True)
class Memory:
    """Empty where there is no evidence yet: then nothing is said about earlier days.

    ``topic_ids``: of the topics that were declared then. ``overrides``: the overrides that the cluster had
    right after the last apply, or at the last drift check. ``inherited``: inherited values, topic by topic.
    ``acls``: declared bindings that were there. ``findings``: when each finding, by its key, was first seen
    (ISO 8601, UTC). ``quarantined``: since when each topic has been without writers (ISO 8601, UTC).
    """

    topic_ids: Mapping[str, str] = field(default_factory=dict)
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    inherited: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    acls: frozenset[Acl] = frozenset()
    findings: Mapping[str, str] = field(default_factory=dict)
    quarantined: Mapping[str, str] = field(default_factory=dict)
