"""The registry: every module is there, every check has a name of its own and says what it expects."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from dataops.drill import checks
from dataops.drill.checks import registry
from dataops.drill.checks.finding import passed
from dataops.drill.checks.registry import MODULES, check, registered


def test_no_module_is_missing() -> None:
    assert [name for name in MODULES if find_spec(f"dataops.drill.checks.{name}") is None] == []


def test_no_module_with_checks_is_forgotten() -> None:
    folder = Path(checks.__file__).parent
    decorated = {file.stem for file in folder.glob("*.py") if "\n@check" in file.read_text()}
    assert decorated - {"registry"} == set(MODULES)


def test_every_check_says_what_it_expects_and_why_it_is_left_out() -> None:
    for one in registered():
        assert one.expected, one.name
        assert one.name == one.name.lower()
        assert len(one.methods) == 2 or one.elsewhere, one.name


def test_two_checks_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", [*registered()])
    with pytest.raises(ValueError, match="foreign keys"):
        check("foreign keys")(lambda look: passed())
