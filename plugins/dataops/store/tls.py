"""A TLS context that many threads may connect with at once."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mypy_boto3_s3 import S3Client


class WrittenOnce(ssl.SSLContext):
    """A client's context in which nothing is loaded or set a second time.

    botocore shares one context among all connections of a client, and urllib3 loads the authorities into
    it anew for each of them. OpenSSL allows many threads only while nobody changes what they share: a load
    beside another thread's handshake can end the whole process with a segmentation fault (openssl-threads(7);
    openssl issue 24480, botocore issue 3164). It also reads the same file again for every connection.
    """

    def __init__(self, *_: object) -> None:
        self._writing = threading.Lock()
        self._written: set[object] = set()
        self.check_hostname = False  # urllib3 compares the names itself, where it is to verify at all

    def load_verify_locations(self, *places: Any, **named: Any) -> None:
        """The authorities are loaded, by this call or an earlier one; errors as of ``ssl.SSLContext``."""
        self._once(("authorities", places, *named.items()), super().load_verify_locations, *places, **named)

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """The protocols are offered, by this call or an earlier one."""
        offered = tuple(alpn_protocols)
        self._once(("protocols", offered), super().set_alpn_protocols, offered)

    def _once(self, what: object, write: Any, *arguments: Any, **named: Any) -> None:
        with self._writing:
            if what not in self._written:
                write(*arguments, **named)
                self._written.add(what)


def share_safely(client: S3Client) -> None:
    """Let threads share the client in truth: its connections, also through a proxy, use such a context.

    botocore has no public way to a context of one's own.
    """
    http = cast(Any, client)._endpoint.http_session
    http._get_ssl_context = lambda: WrittenOnce(ssl.PROTOCOL_TLS_CLIENT)
    http._manager.connection_pool_kw["ssl_context"] = http._get_ssl_context()
