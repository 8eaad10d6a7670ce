"""Reading evidence back: what there is, one record, and whether anybody changed it since."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from dataops.evidence import chain
from dataops.evidence.chain import ChainReport, Link
from dataops.evidence.record import Record
from dataops.store import ObjectStore


def records(store: ObjectStore, capability: str | None = None, subject: str | None = None) -> Iterator[Link]:
    """Every record's place in its chain, newest first over all chains that match; read when asked for."""
    found = [chain.newest(store, *each) for each in chains(store, capability, subject)]
    yield from heapq.merge(*found, key=lambda link: link.started, reverse=True)


def show(store: ObjectStore, key: str) -> Record:
    """The record under a key as ``records`` gives it, or under its page's key or its folder."""
    folder = key.removesuffix("/").removesuffix("/evidence.json").removesuffix("/index.html")
    return Record.model_validate_json(store.get(f"{folder}/evidence.json"))


def verify(
    store: ObjectStore, capability: str | None = None, subject: str | None = None
) -> list[ChainReport]:
    """What verifying each chain that matches found, by capability and subject."""
    return [chain.verify(store, *each) for each in chains(store, capability, subject)]


def chains(
    store: ObjectStore, capability: str | None = None, subject: str | None = None
) -> list[tuple[str, str]]:
    """Capability and subject of every chain that matches."""
    found = []
    for above in _folders(store, "evidence/", capability):
        found += [(above, below) for below in _folders(store, f"evidence/{above}/", subject)]
    return sorted(found)


def _folders(store: ObjectStore, prefix: str, wanted: str | None) -> list[str]:
    names = [
        item.key.removeprefix(prefix).removesuffix("/")
        for item in store.list(prefix, delimiter="/")
        if item.key.endswith("/")
    ]
    return [name for name in names if wanted in {None, name}]
