"""The state folder: where it is, what it remembers, and what it says when the disk is short."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest

from sandbox.errors import Missing
from sandbox.home import LONGEST, REPOSITORY, Home


def test_the_environment_chooses_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("SANDBOX_HOME", str(tmp_path / "other"))
    assert Home.current().path == tmp_path / "other"
    monkeypatch.delenv("SANDBOX_HOME")
    assert Home.current().path == REPOSITORY / ".sandbox"


def test_a_short_disk_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=2 * 1024**3))
    with pytest.raises(
        Missing, match=r"^The disk is short: .* has 2\.0 GB free, the sandbox needs 5 GB\.$"
    ) as caught:
        Home(tmp_path / "home").prepare()
    assert caught.value.exit_code == 2


def test_a_home_too_deep_for_sockets_keeps_them_elsewhere(tmp_path):
    deep = Home(tmp_path / ("x" * LONGEST))
    deep.prepare()
    try:
        assert str(deep.private).startswith("/var/tmp/dataops-sandbox-")
        assert deep.private.stat().st_mode & 0o077 == 0
    finally:
        shutil.rmtree(deep.private)


def test_a_percent_sign_in_the_path_is_one_sentence(tmp_path):
    with pytest.raises(Missing, match=r"^The supervisor cannot live with a '%' in "):
        Home(tmp_path / "100%").prepare()


def test_ports_are_chosen_once(tmp_path):
    home = Home(tmp_path / "home")
    home.run.mkdir(parents=True)
    first, lost = home.ports(["primary", "store"], running=False)
    assert lost == []
    assert home.ports(["primary", "store"], running=True) == (first, [])
    assert home.known_ports == first


def test_what_is_done_is_remembered_with_its_fingerprint(tmp_path):
    home = Home(tmp_path / "home")
    home.run.mkdir(parents=True)
    assert not home.done("migrated", "3.3.2")
    home.remember("migrated", "3.3.2")
    assert home.done("migrated", "3.3.2")
    assert not home.done("migrated", "3.3.3")
