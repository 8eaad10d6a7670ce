"""What is missing on a machine is said in one sentence, with exit code 2."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox import object_store, os_user, pgbackrest
from sandbox.errors import Missing
from sandbox.home import REPOSITORY
from sandbox.kafka import broker


@pytest.fixture
def no_programs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))


def test_no_pgbackrest(no_programs):
    with pytest.raises(Missing, match=r"^pgBackRest is missing\. Run: make setup$"):
        pgbackrest.program()


def test_no_java(no_programs):
    with pytest.raises(Missing, match=r"^Kafka is left out: there is no Java\."):
        broker.java()


def test_no_maven_and_nothing_cached(no_programs, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KAFKA_HOME", raising=False)
    monkeypatch.setattr(broker, "java", lambda: "/usr/bin/java")
    with pytest.raises(Missing, match=r"^Kafka is left out: set KAFKA_HOME, or install Maven"):
        broker.jars()


def test_a_kafka_home_without_kafka(monkeypatch, tmp_path):
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path))
    with pytest.raises(Missing, match=f"KAFKA_HOME is {tmp_path}, but there is no libs/"):
        broker.jars()


def test_no_store(no_programs, monkeypatch, tmp_path):
    monkeypatch.setattr(object_store.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(Missing, match=r"^The S3 store is missing"):
        object_store.program()


def test_root_without_postgresqls_user(monkeypatch):
    def unknown(name):
        raise KeyError(name)

    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", unknown)
    with pytest.raises(Missing, match=r"^PostgreSQL is missing: there is no user 'postgres'\."):
        os_user.database_user()


NEEDED = [
    "sh",
    "dirname",
    "cat",
    "sha256sum",
    "cut",
    "awk",
    "df",
    "ls",
    "id",
    "grep",
    "mktemp",
    "sort",
    "tail",
    "cp",
    "mkdir",
    "chmod",
]
INSTALLED = [
    "initdb",
    "pgbackrest",
    "java",
    "mvn",
    "age",
    "chromium",
    "curl",
    "zstd",
    "barman",
    "pgbadger",
    "setpriv",
    "haproxy",
    "etcd",
    "nft",
    "ip",
    "ssh",
]
NEW_PYTHON = 'case "$1" in --version) echo Python 3.11.0;; esac; exit 0'
OLD_PYTHON = 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac'


def setup_in(folder: Path, **fakes: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of the setup on a machine that has only the bare programs and these fakes (name: script)."""
    path = folder / "path"
    for made in (folder / "sandbox", path):
        made.mkdir()
    for name in ("requirements.lock", "pyproject.toml", "sandbox/setup.sh"):
        shutil.copy(REPOSITORY / name, folder / name)
    for name, script in fakes.items():
        (path / name).write_text(f"#!{shutil.which('sh')}\n{script}\n")
        (path / name).chmod(0o755)
    for name in NEEDED:
        if name not in fakes:
            (path / name).symlink_to(shutil.which(name) or "")
    command = [str(path / "sh"), str(folder / "sandbox" / "setup.sh")]
    return subprocess.run(command, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def test_setup_with_an_old_python(tmp_path):
    finished = setup_in(tmp_path, python3=OLD_PYTHON)
    assert finished.stderr == "Python 3.11 to 3.13 is needed, this machine has Python 3.9.2.\n"
    assert finished.returncode == 2


def test_setup_with_a_short_disk(tmp_path):
    finished = setup_in(tmp_path, python3=NEW_PYTHON, df="echo Filesystem; echo /dev/vda 1 1 1048576 1% /")
    assert finished.stderr == f"The disk is short: {tmp_path} has 1 GB free, 5 GB are needed.\n"
    assert finished.returncode == 2


def test_setup_where_there_is_no_apt(tmp_path):
    finished = setup_in(tmp_path, python3=NEW_PYTHON)
    assert finished.stderr.startswith("This is neither Debian nor Ubuntu: install the equivalents of these")
    assert "pgbackrest" in finished.stderr
    assert finished.returncode == 2


def test_setup_without_rights(tmp_path):
    finished = setup_in(tmp_path, python3=NEW_PYTHON, **{"apt-get": "exit 1"}, id="echo 1000")
    assert finished.stderr.startswith("Not root, and sudo asks for a password: run as root: apt-get install")
    assert finished.returncode == 2


VENV = """
case "$*" in
  "-m venv .venv") mkdir -p .venv/bin; cat >.venv/bin/python <<'END'
#!{sh}
echo "python $*" >>calls
{answer}
END
    chmod 755 .venv/bin/python;;
esac
"""


def installing(folder: Path, answer: str) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """The setup where only Python's packages are missing, and what it called; pip's answer is a script."""
    fakes = dict.fromkeys(INSTALLED, "exit 0")
    venv = VENV.format(sh=shutil.which("sh"), answer=answer)
    finished = setup_in(folder, python3=venv, **fakes)
    calls = folder / "calls"
    return finished, calls.read_text().splitlines() if calls.exists() else []


def test_setup_fetches_the_faster_installer(tmp_path):
    uv = tmp_path / "uv"
    uv.write_text(f"#!{shutil.which('sh')}\n" + 'echo "uv $*" >>calls\n')
    uv.chmod(0o755)
    finished, calls = installing(tmp_path, f"cp {uv} .venv/bin/uv")
    assert (finished.returncode, finished.stderr) == (0, "")
    fetched, *installed = [call.split(" install ")[1] for call in calls]
    assert fetched.endswith("uv>=0.9,<1")
    assert [call.startswith("uv") for call in calls] == [False, True, True]
    assert [call.rpartition(" -")[2] for call in installed] == ["r requirements.lock", "e ."]
    assert (tmp_path / ".venv" / "setup.stamp").exists()


def test_setup_where_it_cannot_be_had_takes_pip(tmp_path):
    finished, calls = installing(tmp_path, 'case "$*" in *uv*) exit 1;; esac')
    assert finished.returncode == 0
    assert "uv cannot be used here, so pip installs them" in finished.stdout
    assert [call.rpartition(" -")[2] for call in calls[1:]] == ["r requirements.lock", "e ."]
    assert (tmp_path / ".venv" / "setup.stamp").exists()


def test_setup_whose_packages_cannot_be_had_is_not_done(tmp_path):
    finished, _ = installing(tmp_path, "exit 1")
    assert finished.returncode == 1
    assert not (tmp_path / ".venv" / "setup.stamp").exists()
