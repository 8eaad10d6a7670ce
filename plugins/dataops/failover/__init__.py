"""Failover tests: break a cluster on purpose, and prove by a client's own ledger what that cost."""
