"""The sandbox's secrets: random, made at the first start, kept in files that only their owner reads."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True, repr=False)
class Secrets:
    """Everything that logs in or decrypts."""

    postgres_password: str
    metadata_password: str
    store_access_key: str
    store_secret_key: str
    archive_access_key: str
    archive_secret_key: str
    cipher_passphrase: str
    hmac_key: str
    operator_identity: str
    operator_recipient: str
    escrow_identity: str
    escrow_recipient: str
    admin_password: str
    approver_password: str
    viewer_password: str
    jwt_secret: str
    fernet_key: str

    @classmethod
    def load(cls, folder: Path) -> Secrets:
        """The secrets of this folder; what is not there yet is made."""
        folder.mkdir(mode=0o700, exist_ok=True)
        file = folder / "secrets.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        if not {field.name for field in fields(cls)} <= set(known):
            known = {**asdict(_random()), **known}
            _write_private(file, json.dumps(known, indent=1))
            # A person who restores by hand needs them as files: age --decrypt --identity FILE.
            _write_private(folder / "operator.age", known["operator_identity"] + "\n")
            _write_private(folder / "escrow.age", known["escrow_identity"] + "\n")
        return cls(**{field.name: known[field.name] for field in fields(cls)})


def _random() -> Secrets:
    from pyrage import x25519

    operator, escrow = x25519.Identity.generate(), x25519.Identity.generate()
    return Secrets(
        postgres_password=secrets.token_hex(16),
        metadata_password=secrets.token_hex(16),
        store_access_key=secrets.token_hex(10).upper(),
        store_secret_key=secrets.token_hex(20),
        archive_access_key=secrets.token_hex(10).upper(),
        archive_secret_key=secrets.token_hex(20),
        cipher_passphrase=secrets.token_hex(32),
        hmac_key=secrets.token_hex(32),
        operator_identity=str(operator),
        operator_recipient=str(operator.to_public()),
        escrow_identity=str(escrow),
        escrow_recipient=str(escrow.to_public()),
        admin_password=secrets.token_urlsafe(12),
        approver_password=secrets.token_urlsafe(12),
        viewer_password=secrets.token_urlsafe(12),
        jwt_secret=secrets.token_hex(32),
        fernet_key=base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    )


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
