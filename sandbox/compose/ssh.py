"""The keys by which Airflow's containers reach the machines of the nodes, as ssh reads them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox import os_user

LOGIN = "postgres"


@dataclass(frozen=True)
class Access:
    """A key of the worker's own, one of each machine's, and the list of the machines that it knows."""

    folder: Path

    @property
    def key(self) -> Path:
        """The worker's private key."""
        return self.folder / "worker"

    @property
    def known_hosts(self) -> Path:
        """The machines by name, with their public keys."""
        return self.folder / "known_hosts"

    def configure(self, machines: Path, names: Iterable[str]) -> None:
        """Make what is missing. Each machine's own files lie in a folder of its name below ``machines``."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        worker = _public(self.key)
        known = []
        for name in names:
            folder = os_user.own_folder(machines / name)
            known.append(f"{name} {_public(folder / 'host_key')}\n")
            os_user.own_file(folder / "authorized_keys", f"restrict {worker}\n")
            os_user.give(folder / "host_key")
        self.known_hosts.write_text("".join(known), encoding="utf-8")


def _public(file: Path) -> str:
    """The public half of this key, which is made where there is none."""
    if not file.exists():
        made = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.NoEncryption(),
        )
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(made)
    key = serialization.load_ssh_private_key(file.read_bytes(), password=None)
    return (
        key
        .public_key()
        .public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        .decode()
    )
