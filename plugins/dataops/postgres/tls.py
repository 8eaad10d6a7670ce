"""What exactly is wrong with a server's certificate; libpq says only that verifying it failed."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct

from dataops.connections import Connection

_SSL_REQUEST = struct.pack("!II", 8, 80877103)
"""The message that asks a PostgreSQL server to speak TLS (documentation, Message Formats: SSLRequest)."""


def certificate_fault(connection: Connection) -> str:
    """Such as ``certificate has expired``; empty where the certificate is well or cannot be looked at."""
    authority = connection.extra.get("sslrootcert")
    address = (connection.host, connection.port or 5432)
    with contextlib.suppress(OSError, ValueError):
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
        context.check_hostname = connection.extra.get("sslmode") == "verify-full"
        with socket.create_connection(address, timeout=5) as plain:
            plain.sendall(_SSL_REQUEST)
            if plain.recv(1) != b"S":
                return ""
            try:
                context.wrap_socket(plain, server_hostname=connection.host).close()
            except ssl.SSLCertVerificationError as error:
                return error.verify_message
    return ""
