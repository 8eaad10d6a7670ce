"""The guard: a service of its own that heals or fences when the coordinator of a failover test dies."""
