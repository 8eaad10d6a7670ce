"""The environment file means the same to us, to a shell and to python-dotenv."""

from __future__ import annotations

import json
import subprocess

import pytest

from sandbox import dotenv

VALUES = {
    "PLAIN": "value",
    "EMPTY": "",
    "SPACES": "two words",
    "JSON": json.dumps({"password": "a$b`c", "extra": {"verify": "/a b/ca.crt"}}),
    "DSN": "postgresql://postgres:secret@127.0.0.1:5432/postgres?sslmode=require&x=#1",
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "env"
    dotenv.write(path, VALUES)
    return path


def test_what_is_written_is_read(file):
    assert dotenv.read(file) == VALUES


def test_a_shell_reads_the_same(file):
    script = (
        '. "$0"; for name in PLAIN EMPTY SPACES JSON DSN; do eval "printf \'%s\\0\' \\"\\$$name\\""; done'
    )
    output = subprocess.run(
        ["sh", "-c", script, str(file)], capture_output=True, text=True, check=True
    ).stdout
    assert output.split("\0")[:-1] == list(VALUES.values())


def test_python_dotenv_reads_the_same(file):
    values = pytest.importorskip("dotenv", reason="comes with Airflow").dotenv_values(file, interpolate=False)
    assert dict(values) == VALUES


def test_nobody_else_may_read_it(file):
    assert file.stat().st_mode & 0o077 == 0
