"""Operate a data platform and prove what is claimed: backups, drills, topics, reports, failover tests."""

__version__ = "0.1.0"
