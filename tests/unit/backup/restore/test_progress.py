"""Long restores are heard of, short ones are not talked over."""

from __future__ import annotations

from dataops.backup.restore.progress import Progress, megabytes, tables


def test_what_is_done_is_told_with_the_whole_and_its_share() -> None:
    said: list[str] = []
    downloaded = Progress(said.append, "Downloaded", 4_000_000, megabytes, every=0)
    downloaded.count(1_000_000)
    downloaded.count(3_000_000)
    assert said == ["Downloaded: 1.0 MB of 4.0 MB, 25%", "Downloaded: 4.0 MB of 4.0 MB, 100%"]


def test_without_a_known_whole_only_the_amount_is_told() -> None:
    said: list[str] = []
    Progress(said.append, "Filling", 0, tables, every=0).count()
    assert said == ["Filling: 1 table"]


def test_nothing_is_told_before_it_is_time() -> None:
    said: list[str] = []
    progress = Progress(said.append, "Filling", 3, tables)
    progress.count()
    assert (said, progress.done) == ([], 1)
