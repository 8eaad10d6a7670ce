"""The chain of a subject's records: each names the hash of the one before, and none can be slipped in.

A link is a small object, ``evidence/<capability>/<subject>/chain/<sequence>.json``, created by a
conditional write: of two runs that end at once, one wins the number and the other takes the next.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, ValidationError

from dataops.evidence.verdict import Verdict
from dataops.store import ObjectMissing, ObjectStore

READERS = 8
BLOCK = 1000
SETTLING = timedelta(minutes=10)
"""A record may stand without its link for so long: it is being published."""


class Link(BaseModel):
    """One place in a chain: which record stands there, its hash, and what a listing shows of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    capability: str
    subject: str
    key: str
    page_key: str
    sha256: str
    page_sha256: str
    previous: str | None
    verdict: Verdict
    reason: str
    started: datetime
    finished: datetime

    def to_bytes(self) -> bytes:
        return self.model_dump_json(indent=2).encode() + b"\n"


@dataclass(frozen=True)
class Fault:
    """One sign that somebody touched the evidence. ``kind``: changed, deleted, reordered or unchained."""

    kind: str
    key: str
    sentence: str


@dataclass(frozen=True)
class ChainReport:
    """What verifying a subject's chain found."""

    capability: str
    subject: str
    length: int
    faults: tuple[Fault, ...]

    @property
    def verdict(self) -> Verdict:
        """A chain without records proves nothing."""
        if self.faults:
            return Verdict.FAILED
        return Verdict.PASSED if self.length else Verdict.INCONCLUSIVE


def folder(capability: str, subject: str) -> str:
    """Where the chain's links lie."""
    return f"evidence/{capability}/{subject}/chain/"


def link_key(capability: str, subject: str, sequence: int) -> str:
    """The key of one link; sorting keys sorts numbers."""
    return f"{folder(capability, subject)}{sequence:08d}.json"


def newest(store: ObjectStore, capability: str, subject: str) -> Iterator[Link]:
    """The links of one chain, newest first, each read only when asked for.

    A watch adds fifty thousand links a year: the end is found by bisection over blocks of a thousand, so that
    neither a run nor a page lists them all.
    """
    for block in range(_last_block(store, capability, subject), -1, -1):
        listed = store.list(f"{folder(capability, subject)}{block:05d}")
        for key in reversed([item.key for item in listed]):
            yield Link.model_validate_json(store.get(key))


def _last_block(store: ObjectStore, capability: str, subject: str) -> int:
    """The number of whole thousands in the last sequence number."""

    def begun(block: int) -> bool:
        return store.exists(link_key(capability, subject, block * BLOCK))

    beyond = 1
    while begun(beyond):
        beyond *= 2
    return beyond // 2 + bisect_left(range(beyond // 2 + 1, beyond), True, key=lambda block: not begun(block))


def verify(store: ObjectStore, capability: str, subject: str) -> ChainReport:
    """Whether every record and page is what was published, in its place, and nothing else is there.

    Sees what was changed, deleted, reordered or slipped in; in a versioned bucket also a link that was
    overwritten and an end that was cut off. Costs one read of every record and page.
    """
    settled = store.clock() - SETTLING
    prefix = f"evidence/{capability}/{subject}/"
    present = {item.key: item.modified for item in store.list(prefix) if item.key.endswith("/evidence.json")}
    links, faults = _read_links(store, capability, subject)
    faults += _touched_links(store, capability, subject)
    with ThreadPoolExecutor(READERS) as pool:
        for found in pool.map(lambda link: _examine(store, link), links.values()):
            faults += found
    unreadable = {fault.key for fault in faults}
    for sequence in range(1, max(links, default=0) + 1):
        if link_key(capability, subject, sequence) not in unreadable:
            faults += _joint(links, capability, subject, sequence)
    linked = {link.key for link in links.values()}
    faults += [
        Fault("unchained", key, "is not in the chain: its run died before its end, or somebody put it there")
        for key, modified in present.items()
        if key not in linked and modified < settled
    ]
    return ChainReport(capability, subject, len(links), tuple(dict.fromkeys(faults)))


def _read_links(store: ObjectStore, capability: str, subject: str) -> tuple[dict[int, Link], list[Fault]]:
    links: dict[int, Link] = {}
    faults = []
    for item in store.list(folder(capability, subject)):
        try:
            link = Link.model_validate_json(store.get(item.key))
        except ValidationError:
            faults.append(Fault("changed", item.key, "is no link of a chain any more"))
            continue
        links[link.sequence] = link
        if item.key != link_key(capability, subject, link.sequence):
            faults.append(Fault("reordered", item.key, f"holds link {link.sequence}"))
    return links, faults


def _touched_links(store: ObjectStore, capability: str, subject: str) -> list[Fault]:
    """A link is written once and never deleted: its versions tell, where the bucket keeps them."""
    faults, written = [], Counter[str]()
    for version in store.versions(folder(capability, subject)):
        if version.deletion:
            faults.append(Fault("deleted", version.key, "was deleted"))
        else:
            written[version.key] += 1
    return faults + [
        Fault("changed", key, f"was written {times} times") for key, times in written.items() if times > 1
    ]


def _examine(store: ObjectStore, link: Link) -> list[Fault]:
    faults = []
    for key, expected in ((link.key, link.sha256), (link.page_key, link.page_sha256)):
        try:
            body = store.get(key)
        except ObjectMissing:
            faults.append(Fault("deleted", key, f"is missing: link {link.sequence} names it"))
            continue
        if hashlib.sha256(body).hexdigest() != expected:
            faults.append(Fault("changed", key, f"is not what link {link.sequence} says was published"))
        elif key == link.key and not _stands_at(json.loads(body), link):
            faults.append(Fault("reordered", key, f"was not published as number {link.sequence}"))
    return faults


def _stands_at(record: dict[str, object], link: Link) -> bool:
    """Compared as plain JSON: a record of an older format stays what it was."""
    fields = ("sequence", "previous", "capability", "subject")
    return all(record.get(name) == getattr(link, name) for name in fields)


def _joint(links: dict[int, Link], capability: str, subject: str, sequence: int) -> list[Fault]:
    link, before = links.get(sequence), links.get(sequence - 1)
    key = link_key(capability, subject, sequence)
    if link is None:
        return [Fault("deleted", key, f"is missing: the chain goes on to {max(links)}")]
    expected = before.sha256 if before else None
    if (before or sequence == 1) and link.previous != expected:
        return [Fault("reordered", key, "does not follow the record before it")]
    return []
