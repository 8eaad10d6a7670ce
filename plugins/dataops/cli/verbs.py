"""How verbs are put on the command line, so that the ``--help`` of each says what it does."""

from __future__ import annotations

import argparse
from typing import Any

Verbs = Any
"""What ``add_subparsers`` answers; argparse has no public name for it."""


def add_group(verbs: Verbs, name: str, told: str, *, of: str = "VERB") -> Verbs:
    """The verbs below ``dataops NAME``. ``told`` is its line in the list of verbs and begins its help."""
    group = verbs.add_parser(name, help=told, description=_sentence(told))
    return group.add_subparsers(title=f"{of.lower()}s", metavar=of, required=True)


def add_verb(verbs: Verbs, name: str, common: argparse.ArgumentParser, told: str) -> argparse.ArgumentParser:
    """The parser of one verb, with the options that all verbs have. ``told`` as in ``add_group``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        name, parents=[common], help=told, description=_sentence(told)
    )
    return parser


def _sentence(told: str) -> str:
    return f"{told[:1].upper()}{told[1:]}."
