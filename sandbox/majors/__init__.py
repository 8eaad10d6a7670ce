"""PostgreSQL of other majors than the one that is installed: pinned binaries, fetched once, for tests."""

from sandbox.majors.clients import client_programs
from sandbox.majors.servers import MAJORS, server_programs

__all__ = ["MAJORS", "client_programs", "server_programs"]
