"""pgBackRest's errors as one or two plain sentences each."""

from __future__ import annotations

import re

from dataops.backup.physical import errors
from dataops.errors import DataOpsError
from dataops.process import ProgramFailed

_BY_WORDS: tuple[tuple[str, type[DataOpsError], str], ...] = (
    (
        r"unable to find hostname '([^']+)' in certificate",
        errors.HostUntrusted,
        "The certificate of {0} is not made out to that name. pgBackRest 2.45 compares DNS names only: "
        "use a host name, not an address, and put it into the certificate's subjectAltName",
    ),
    (
        r"certificate has expired|certificate verify failed|unable to verify certificate|unknown ca"
        r"|self.signed certificate|bad certificate|alert certificate",
        errors.HostUntrusted,
        "A TLS certificate was refused: it is expired, or not signed by the authority in ca_file or verify",
    ),
    (
        r"access denied",
        errors.HostUntrusted,
        "pgBackRest's TLS server refused us: name the common name of our certificate in its tls-server-auth, "
        "with this stanza",
    ),
    (
        r"expected value '([\d.dev]+)' for greeting key 'version' but got '([\d.dev]+)'|expected .*version",
        errors.VersionUnfit,
        "pgBackRest has another version here than on the database host: install the same on both",
    ),
    (
        r"database version = '?[\w.]*'?, system-id .* do(es)? not match|stanza.*do(es)? not match|"
        r"backup and archive info files .* do not match",
        errors.WrongServer,
        "The repository's stanza belongs to another server: compare system identifiers. After an upgrade "
        "of the server run `pgbackrest stanza-upgrade`",
    ),
    (
        r"unable to acquire lock on file '([^']+)': permission denied",
        errors.RightsMissing,
        "pgBackRest's user may not lock {}: correct its owner, or lock-path in its host's file",
    ),
    (
        # Before the next two: pgBackRest goes on to say that it found no primary, which the lock hid from it.
        r"unable to acquire lock|another pgBackRest process",
        errors.AlreadyRunning,
        "Another pgBackRest works on this stanza: wait for it, or see the process lists of both hosts",
    ),
    (
        # We have just talked to the primary ourselves: mostly a host too busy to answer pgBackRest in time.
        r"unable to find primary cluster",
        errors.HostUnreachable,
        "pgBackRest found no primary among the hosts that it knows: does it answer there, and is "
        "PostgreSQL's socket where the inventory says?",
    ),
    (
        r"no database found|unable to check pg\d",
        errors.HostUnreachable,
        "pgBackRest reached no PostgreSQL server through the database host: look at that host's log",
    ),
    (
        r"\[CryptoError\]|CryptoError:|cipher header invalid|unable to flush|is or was the repo encrypted",
        errors.WrongPassphrase,
        "The repository cannot be decrypted: it was made with another passphrase than the connection holds",
    ),
    (
        r"WAL segment [0-9A-F]+ was not archived before the (\d+)ms timeout|archive.timeout|\[082\]",
        errors.ArchivingBroken,
        "WAL does not arrive in the repository in time: look for archive-push in the server's log",
    ),
    (
        r"archive_mode must be enabled|archive_command .* must contain|\[087\]",
        errors.NotArchiving,
        "The server does not archive through pgBackRest: set archive_mode=on and archive_command",
    ),
    (
        r"unable to connect to '([^']+)'|unable to get address for '([^']+)'|host.*unreachable"
        r"|Connection refused|timeout connecting",
        errors.HostUnreachable,
        "Nothing answers where pgBackRest looked: {said}. Is its server running, and the port open?",
    ),
    (
        r"\[40[13]\]|SignatureDoesNotMatch|InvalidAccessKeyId|AccessDenied",
        errors.WrongPassphrase,
        "The store refused pgBackRest's access key or its rights: correct dataops_store or dataops_replica",
    ),
    (
        r"NoSuchBucket|\[404\]",
        errors.WrongServer,
        "The store has no such bucket: correct DATAOPS_BUCKET or DATAOPS_REPLICA_BUCKET",
    ),
    (
        r"permission denied for function|must be superuser|permission denied",
        errors.NotArchiving,
        "pgBackRest's role on the database host lacks a right: {said}. See docs/pgbackrest-hosts.md",
    ),
)


def explained(error: ProgramFailed, doing: str) -> DataOpsError:
    """The leaf that fits what pgBackRest said while ``doing`` something, with its own last words."""
    said = _said(error.stderr_tail)
    for words, leaf, sentence in _BY_WORDS:
        found = re.search(words, error.stderr_tail, re.IGNORECASE)
        if found:
            groups = [group for group in found.groups() if group] or [""]
            return leaf(f"{doing}: {sentence.format(*groups, said=said)} (exit code {error.returncode}).")
    return errors.PgBackRestFailed(
        f"{doing}: pgBackRest ended with code {error.returncode}: {said or 'it said nothing'}."
    )


def _said(text: str) -> str:
    """pgBackRest's first error without its hints, on one line."""
    found = re.search(r"ERROR: \[\d+\]: (.*?)(?:\n\s+HINT|\n\d{4}-|\Z)", text, re.DOTALL)
    return " ".join((found[1] if found else text).split())[:400].rstrip(".")
