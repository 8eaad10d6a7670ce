"""What forbids a failover test: rules over facts, and the looking that gathers the facts.

Red means that nothing may be touched. What could not be looked at is inconclusive, and forbids likewise.
"""
