"""Roles, their memberships, passwords and settings, as the manifest has them."""

from __future__ import annotations

from dataops.drill.checks.compared import sliced
from dataops.drill.checks.finding import Finding
from dataops.drill.checks.looking import Look
from dataops.drill.checks.registry import check

ROLES = frozenset({"role", "role password"})
MEMBERSHIPS = frozenset({"role membership"})
SETTINGS = frozenset({"role setting", "parameter grant"})
GRANTS = frozenset({"grant", "owner"})
DEFAULTS = frozenset({"default privilege"})


@check("roles", expected="attributes and passwords equal to the manifest")
def roles(look: Look) -> Finding:
    """Every role that matters to the database, what it may do on the server, and its password's hash."""
    return _of(look, ROLES)


@check("role memberships", expected="equal to the manifest")
def memberships(look: Look) -> Finding:
    """Which role belongs to which."""
    return _of(look, MEMBERSHIPS)


@check("role settings", expected="equal to the manifest")
def settings(look: Look) -> Finding:
    """With which settings each role starts, and which parameters it may set."""
    return _of(look, SETTINGS)


@check("owners and grants", expected="equal to the manifest")
def grants(look: Look) -> Finding:
    """Who owns each object, and who may do what with it."""
    return _of(look, GRANTS)


@check("default privileges", expected="equal to the manifest")
def default_privileges(look: Look) -> Finding:
    """What will be granted on objects that are created later."""
    return _of(look, DEFAULTS)


def _of(look: Look, kinds: frozenset[str]) -> Finding:
    count = sum(1 for one in look.expected.definitions if one.kind in kinds)
    return sliced(look, lambda each: each.kind in kinds, f"{count} equal", kinds)
