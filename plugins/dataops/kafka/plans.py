"""Plans in the store: what was shown to a person, and what a run that died goes on with."""

from __future__ import annotations

import hashlib

from pydantic import ValidationError

from dataops.evidence.verdict import Artifact
from dataops.kafka.changes import Part, Plan, plan_from_json
from dataops.kafka.job import StalePlan
from dataops.store import ObjectMissing, ObjectStore

SHORTEST = 12
"""Characters of a hash that name a plan, as `kafka plan` shows them."""


def keep_plan(store: ObjectStore, plan: Plan) -> Artifact:
    """The plan in the store, named by its bytes."""
    body = plan.to_json()
    digest = hashlib.sha256(body).hexdigest()
    stored = store.put(f"kafka/{plan.cluster}/plans/{digest}.json", body)
    return Artifact(key=stored.key, size=stored.size, sha256=stored.sha256)


def read_plan(store: ObjectStore, key: str) -> Plan:
    """The plan that ``keep_plan`` left under this key. Raises ``StalePlan`` where it is no longer that."""
    try:
        body = store.get(key)
        if key.endswith(f"/{hashlib.sha256(body).hexdigest()}.json"):
            return plan_from_json(body)
    except (ObjectMissing, ValidationError):
        pass
    raise StalePlan(f"The plan {key} is not in the store as it was left there: plan again.")


def keep_part(store: ObjectStore, cluster: str, plan: Plan, part: Part) -> None:
    """The plan under the hash of the part that is about to be applied: a next run can go on with it."""
    store.put(_part_key(cluster, part.hash), plan.to_json())


def plan_of_part(store: ObjectStore, cluster: str, part: str) -> Plan | None:
    """The plan that ``keep_part`` left under the hash of one of its parts; None where there is none."""
    try:
        found = plan_from_json(store.get(_part_key(cluster, part)))
    except (ObjectMissing, ValidationError):
        return None
    return found if part in {found.safe.hash, found.gated.hash} else None


def is_named(found: str, wanted: str) -> bool:
    """Whether ``wanted`` names the hash: the whole of it, or its beginning as `kafka plan` shows it."""
    return len(wanted) >= SHORTEST and found.startswith(wanted)


def _part_key(cluster: str, part: str) -> str:
    return f"kafka/{cluster}/parts/{part}.json"
