"""Every rule by its code. A code is stable: history, acknowledgements and docs/findings hang on it."""

from __future__ import annotations

from dataops.performance.findings import (
    configuration,
    indexes,
    limits,
    logged,
    regressions,
    repeating,
    schema,
    service,
    sessions,
    statements,
    storage,
    table_regressions,
    writing,
)
from dataops.performance.findings.rule import Rule

RULES: tuple[Rule, ...] = (
    *regressions.RULES,
    *table_regressions.RULES,
    *statements.RULES,
    *repeating.RULES,
    *sessions.RULES,
    *storage.RULES,
    *indexes.RULES,
    *schema.RULES,
    *writing.RULES,
    *limits.RULES,
    *configuration.RULES,
    *service.RULES,
    *logged.RULES,
)

_BY_CODE = {rule.code: rule for rule in RULES}


def rule(code: str) -> Rule:
    """The rule of a code. Raises ``KeyError`` for one that does not exist."""
    return _BY_CODE[code]
