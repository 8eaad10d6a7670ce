"""The client of a failover test: it writes through the route and keeps a ledger of what it was answered.

Everything that a test says about loss and time without service is computed from this ledger and from
the rows that survived: never from what a server says about itself.
"""
