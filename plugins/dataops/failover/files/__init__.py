"""The files under include/failover: read, held against the inventory, described, started."""
