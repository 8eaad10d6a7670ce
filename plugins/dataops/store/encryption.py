"""Client-side encryption by age (age-encryption.org/v1), and keyed hashes of secrets."""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Protocol

from dataops.connections import Resolve
from dataops.errors import ConfigurationError
from dataops.store.errors import DecryptionFailed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Readable(Protocol):
    """Whatever can be read."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Keys:
    """Who can read what we write, and what we can read ourselves. ``repr`` shows no secret.

    Every recipient reads everything alone, so that an escrow key is just one recipient more.
    Encrypting needs no identity: only restores and drills have one.
    """

    recipients: tuple[str, ...]
    identities: tuple[str, ...] = field(default=(), repr=False)
    secret: bytes = field(default=b"", repr=False)

    @classmethod
    def from_connections(
        cls,
        resolve: Resolve,
        *,
        encryption: str = "dataops_encryption",
        decryption: str = "dataops_decryption",
    ) -> Keys:
        """The keys of two connections: recipients and HMAC key; identities, where that one exists.

        Raises ``ConfigurationError`` where the first is missing, or a key cannot be read.
        """
        public = resolve(encryption)
        recipients = public.extra.get("recipients") or ()
        if isinstance(recipients, str):
            recipients = recipients.replace(",", " ").split()
        try:
            secret = bytes.fromhex(public.password)
        except ValueError:
            secret = b""
        if len(secret) < 16:
            raise ConfigurationError(
                f"Connection {encryption!r} has no usable HMAC key: "
                "set its password to 32 random bytes in hexadecimal."
            )
        try:
            identities = tuple(resolve(decryption).password.split())
        except ConfigurationError:
            identities = ()
        keys = cls(tuple(recipients), identities, secret)
        keys.check(encryption, decryption)
        return keys

    def check(self, encryption: str = "dataops_encryption", decryption: str = "dataops_decryption") -> None:
        """Nothing, where all keys can be read; else ``ConfigurationError`` naming the connection."""
        if not self.recipients:
            raise ConfigurationError(
                f"Connection {encryption!r} names nobody who could read: "
                "set extra.recipients to age recipients."
            )
        _parsed(self.recipients, _recipient, f"recipient in connection {encryption!r}", "age1…")
        _parsed(self.identities, _identity, f"identity in connection {decryption!r}", "AGE-SECRET-KEY-1…")

    def encrypting(self, reader: Readable) -> io.BufferedReader:
        """The encrypted stream of a stream, in bounded memory; close it. About 700 MiB/s a core."""
        from pyrage import encrypt_io

        recipients = _parsed(self.recipients, _recipient, "recipient", "age1…")
        source = _Source(reader)
        return _piped(lambda out: source.through(encrypt_io, out, recipients), "age-encrypt")

    def decrypting(self, reader: Readable) -> io.BufferedReader:
        """The clear stream of an encrypted one, in bounded memory; close it.

        Each piece is authenticated before it is handed out, but only the end of the stream proves that
        nothing is missing: read to the end. Raises ``DecryptionFailed`` and, without an identity,
        ``ConfigurationError``.
        """
        from pyrage import DecryptError, decrypt_io

        identities = self._identities()

        source = _Source(reader)

        def work(out: IO[bytes]) -> None:
            try:
                source.through(decrypt_io, out, identities)
            except (DecryptError, OSError) as error:
                if error is source.trouble or isinstance(error, BrokenPipeError):
                    raise
                raise _undecipherable(error) from error

        return _piped(work, "age-decrypt")

    def encrypt(self, content: bytes) -> bytes:
        """The encrypted bytes."""
        import pyrage

        encrypted: bytes = pyrage.encrypt(content, _parsed(self.recipients, _recipient, "recipient", "age1…"))
        return encrypted

    def decrypt(self, content: bytes) -> bytes:
        """The clear bytes; errors as of ``decrypting``."""
        import pyrage

        try:
            clear: bytes = pyrage.decrypt(content, self._identities())
        except pyrage.DecryptError as error:
            raise _undecipherable(error) from error
        return clear

    def hmac(self, text: str | bytes) -> str:
        """HMAC-SHA256 in hexadecimal: equal for equal secrets, worthless without the key (RFC 2104)."""
        message = text.encode() if isinstance(text, str) else text
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()

    def _identities(self) -> list[Any]:
        if not self.identities:
            raise ConfigurationError(
                "Nothing can be decrypted here: create the connection 'dataops_decryption' "
                "with an age identity as its password where restores and drills run."
            )
        return _parsed(self.identities, _identity, "identity", "AGE-SECRET-KEY-1…")


def new_identity() -> tuple[str, str]:
    """A new age identity (secret) and its recipient (public)."""
    from pyrage import x25519

    identity = x25519.Identity.generate()
    return str(identity), str(identity.to_public())


class _Source:
    """A stream whose own errors are told from the cipher's, which reports both alike."""

    def __init__(self, reader: Readable) -> None:
        self._reader = reader
        self.trouble: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            return self._reader.read(size)
        except Exception as error:
            self.trouble = error
            raise

    def through(self, cipher: Callable[..., None], out: IO[bytes], keys: list[Any]) -> None:
        """Run the cipher from this stream to ``out``; raises the stream's own error where it had one."""
        from pyrage import DecryptError, EncryptError

        try:
            cipher(self, out, keys)
        except (DecryptError, EncryptError, OSError) as error:
            raise self.trouble or error from None


class _PipeReader(io.RawIOBase):
    """The reading end of a pipe that a thread fills; an error of the thread is raised at the end."""

    def __init__(self, descriptor: int, thread: threading.Thread, trouble: list[BaseException]) -> None:
        self._file = io.FileIO(descriptor)
        self._thread = thread
        self._trouble = trouble

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        count = self._file.readinto(buffer) or 0
        if not count and memoryview(buffer):  # the end, or an error that looks like one
            self._thread.join()
            if self._trouble:
                raise self._trouble[0]
        return count

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            self._thread.join(timeout=60)
        super().close()


def _piped(work: Callable[[IO[bytes]], None], name: str) -> io.BufferedReader:
    reading, writing = os.pipe()
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            with os.fdopen(writing, "wb", buffering=1 << 18) as out:
                work(out)
        except BrokenPipeError:
            pass  # the reader was closed before the end
        except BaseException as error:  # ruff: ignore[blind-except] - raised again where the stream is read
            trouble.append(error)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return io.BufferedReader(_PipeReader(reading, thread, trouble), buffer_size=1 << 20)


def _recipient(text: str) -> Any:
    from pyrage import ssh, x25519

    return (ssh if text.startswith("ssh-") else x25519).Recipient.from_str(text)


def _identity(text: str) -> Any:
    from pyrage import x25519

    return x25519.Identity.from_str(text)


def _parsed(texts: tuple[str, ...], parse: Callable[[str], Any], what: str, form: str) -> list[Any]:
    from pyrage import IdentityError, RecipientError

    parsed = []
    for position, text in enumerate(texts, start=1):
        try:
            parsed.append(parse(text))
        except (IdentityError, RecipientError):
            raise ConfigurationError(
                f"The age {what} (number {position}) cannot be read: write {form}"
            ) from None
    return parsed


def _undecipherable(error: Exception) -> DecryptionFailed:
    return DecryptionFailed(
        f"The object cannot be decrypted ({error}): it is damaged, or was encrypted for other recipients. "
        "Try the escrowed identity, or another copy."
    )
