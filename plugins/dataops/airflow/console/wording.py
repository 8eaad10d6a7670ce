"""Sentences that all pages of the console share."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """``1 database`` or ``3 databases``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def in_need(some: int, of: int, noun: str) -> str:
    """How many of all need somebody, as a headline."""
    return f"{some:,} of {counted(of, noun)} {'needs' if some == 1 else 'need'} attention."
