"""Data checks in Great Expectations: suites kept as JSON, run in an ephemeral context."""
