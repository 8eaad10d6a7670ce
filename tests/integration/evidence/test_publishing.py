"""Records are numbered without gaps or forks, wait out a store that is down, and tell who touched them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dataops.evidence import Published, chain, listing, publish
from dataops.evidence.record import Record
from dataops.evidence.spool import EvidenceLost
from dataops.evidence.verdict import Verdict
from dataops.store import ObjectMissing, ObjectStore

from tests.unit.evidence.samples import START, record, red, unknown


@pytest.fixture
def store(object_store_server: Any, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """A bucket of its own; what is not in the chain is a fault at once."""
    monkeypatch.setattr(chain, "SETTLING", timedelta(seconds=-5))  # its clock tells whole seconds
    return ObjectStore(object_store_server.connection(), object_store_server.bucket(), patience=10)


def down(store: ObjectStore) -> ObjectStore:
    extra = {**store.connection.extra, "endpoint_url": "https://127.0.0.1:9"}
    return ObjectStore(dataclasses.replace(store.connection, extra=extra), store.bucket, patience=0.2)


def run(number: int, **changes: Any) -> Record:
    started = START + timedelta(hours=number)
    return record(started=started, finished=started + timedelta(minutes=1), steps=(), **changes)


def verdict(store: ObjectStore) -> Verdict:
    return chain.verify(store, "backup", "flights").verdict


def kinds(store: ObjectStore) -> set[str]:
    return {fault.kind for fault in chain.verify(store, "backup", "flights").faults}


def test_every_verdict_leaves_a_record_and_a_page(store: ObjectStore, tmp_path: Path) -> None:
    for number, sample in enumerate((record(), red(), unknown()), start=1):
        published = publish(store, sample, spool=tmp_path)
        assert (published.sequence, published.spooled) == (number, False)
        again = listing.show(store, published.key)
        assert again == sample.model_copy(update={"sequence": number, "previous": again.previous})
        assert sample.verdict.capitalize() in store.get(published.page_key).decode()
        assert published.url.endswith(published.page_key)
    links = list(listing.records(store, "backup", "flights"))
    assert [link.verdict for link in links] == ["inconclusive", "failed", "passed"]
    assert links[0].previous == hashlib.sha256(store.get(links[1].key)).hexdigest()
    assert verdict(store) is Verdict.PASSED


def test_runs_that_end_at_once_do_not_fork_the_chain(store: ObjectStore, tmp_path: Path) -> None:
    gate, done = threading.Barrier(6), list[Published]()

    def end(number: int) -> None:
        gate.wait()
        done.append(publish(store, run(number), spool=tmp_path / str(number)))

    threads = [threading.Thread(target=end, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(published.sequence or 0 for published in done) == [1, 2, 3, 4, 5, 6]
    assert verdict(store) is Verdict.PASSED


def test_a_store_that_is_down_keeps_records_on_the_host_until_the_next_run(
    store: ObjectStore, tmp_path: Path
) -> None:
    waiting = [publish(down(store), run(number), spool=tmp_path) for number in (2, 1)]
    assert all(published.spooled and published.sequence is None for published in waiting)
    assert "127.0.0.1:9" in waiting[0].reason
    assert "Backup of flights" in Path(waiting[0].url.removeprefix("file://")).read_text(encoding="utf-8")
    assert publish(store, run(3), spool=tmp_path).sequence == 3
    started = [link.started for link in listing.records(store)]
    assert started == [START + timedelta(hours=hours) for hours in (3, 2, 1)]
    assert not list(tmp_path.rglob("evidence.json"))
    assert verdict(store) is Verdict.PASSED


def test_a_spooled_record_that_had_got_through_is_not_published_twice(
    store: ObjectStore, tmp_path: Path
) -> None:
    published = publish(store, run(1), spool=tmp_path)
    spooled = tmp_path / store.bucket / published.key
    spooled.parent.mkdir(parents=True)
    spooled.write_bytes(run(1).to_bytes())
    assert publish(store, run(2), spool=tmp_path).sequence == 2
    assert verdict(store) is Verdict.PASSED


def test_a_damaged_file_in_the_spool_stops_nobody(store: ObjectStore, tmp_path: Path) -> None:
    damaged = tmp_path / store.bucket / "evidence/backup/flights/2026/11/23/x/evidence.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")
    assert publish(store, run(1), spool=tmp_path).sequence == 1
    assert damaged.with_suffix(".damaged").exists()


def test_a_host_where_nothing_can_be_kept_publishes_all_the_same(store: ObjectStore, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    assert publish(store, run(1), spool=in_the_way).sequence == 1
    with pytest.raises(EvidenceLost, match="neither be published nor kept"):
        publish(down(store), run(2), spool=in_the_way)


def test_a_chain_whose_end_was_destroyed_is_not_continued(store: ObjectStore, tmp_path: Path) -> None:
    publish(store, run(1), spool=tmp_path)
    before = store.get(_link(1))
    store.put(_link(1), "{}")
    waiting = publish(store, run(2), spool=tmp_path)
    assert waiting.spooled
    assert "somebody changed it" in waiting.reason
    store.put(_link(1), before)
    assert publish(store, run(3), spool=tmp_path).sequence == 3


def test_chains_of_others_are_told_apart(store: ObjectStore, tmp_path: Path) -> None:
    publish(store, run(1), spool=tmp_path)
    publish(store, run(2, subject="orders"), spool=tmp_path)
    publish(store, run(3, capability="backup_watch", subject="sandbox"), spool=tmp_path)
    assert [link.subject for link in listing.records(store)] == ["sandbox", "orders", "flights"]
    assert [link.subject for link in listing.records(store, "backup")] == ["orders", "flights"]
    reports = listing.verify(store)
    assert [(report.subject, report.length, report.verdict) for report in reports] == [
        ("flights", 1, "passed"),
        ("orders", 1, "passed"),
        ("sandbox", 1, "passed"),
    ]


def test_no_evidence_is_not_good_evidence(store: ObjectStore) -> None:
    assert verdict(store) is Verdict.INCONCLUSIVE
    with pytest.raises(ObjectMissing):
        listing.show(store, "evidence/backup/flights/2026/11/23/none/evidence.json")


Tamper = Callable[[ObjectStore, list[chain.Link]], None]


def _edit(store: ObjectStore, key: str, **changes: Any) -> None:
    store.put(key, json.dumps(json.loads(store.get(key)) | changes, indent=2))


def _forge_consistently(store: ObjectStore, links: list[chain.Link]) -> None:
    """A record and its link together, as somebody would who knows how it works."""
    _edit(store, links[1].key, reason="All is well.")
    body = store.get(links[1].key)
    _edit(store, chain.link_key("backup", "flights", 2), sha256=hashlib.sha256(body).hexdigest())


def _swap(store: ObjectStore, links: list[chain.Link]) -> None:
    first, second = (store.get(link.key) for link in links[:2])
    store.put(links[0].key, second)
    store.put(links[1].key, first)


def _slip_in(store: ObjectStore, links: list[chain.Link]) -> None:
    store.put(links[1].key.replace("/evidence.json", "-again/evidence.json"), store.get(links[1].key))


def _link(number: int) -> str:
    return chain.link_key("backup", "flights", number)


@pytest.mark.parametrize(
    ("tamper", "kind"),
    [
        (lambda store, links: _edit(store, links[1].key, verdict="failed"), "changed"),
        (lambda store, links: store.put(links[1].page_key, "all well"), "changed"),
        (lambda store, links: _edit(store, _link(3), verdict="passed"), "changed"),
        (lambda store, links: store.put(_link(2), "{}"), "changed"),
        (_forge_consistently, "reordered"),
        (_swap, "changed"),
        (lambda store, links: store.delete([links[1].key]), "deleted"),
        (lambda store, links: store.delete([links[1].page_key]), "deleted"),
        (lambda store, links: store.delete([_link(2)], all_versions=True), "deleted"),
        (lambda store, links: store.delete([_link(3), links[2].key]), "deleted"),
        (lambda store, links: store.delete([_link(3)], all_versions=True), "unchained"),
        (_slip_in, "unchained"),
    ],
    ids=[
        "record edited",
        "page replaced",
        "last link rewritten",
        "link destroyed",
        "record and link forged together",
        "two records swapped",
        "record deleted",
        "page deleted",
        "link deleted for good",
        "newest run deleted",
        "newest link deleted for good",
        "record slipped in",
    ],
)
def test_whoever_touches_the_evidence_is_seen(
    store: ObjectStore, tmp_path: Path, tamper: Tamper, kind: str
) -> None:
    for number in (1, 2, 3):
        publish(store, run(number), spool=tmp_path)
    assert verdict(store) is Verdict.PASSED
    links = sorted(listing.records(store), key=lambda link: link.sequence)
    tamper(store, links)
    assert kind in kinds(store)
    assert verdict(store) is Verdict.FAILED
