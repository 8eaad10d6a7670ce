"""The sandbox's own certificate authority, and certificates for its services and clients."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=3650)


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key as PEM files."""

    cert_file: Path
    key_file: Path


@dataclass(frozen=True)
class Authority:
    """A certificate authority that lives in one folder; made on first use."""

    folder: Path

    @property
    def ca_file(self) -> Path:
        """The certificate that clients trust."""
        return self.folder / "ca.crt"

    def issue(self, name: str, *, until: datetime | None = None) -> Certificate:
        """A certificate for loopback and the host of this name; an existing one is kept unless ``until``."""
        leaf = Certificate(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        if leaf.cert_file.exists() and leaf.key_file.exists() and until is None:
            return leaf
        ca_key = self._key()
        ca = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(name, issuer=ca.subject, public=key.public_key(), until=until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), *_loopback()]), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
            )
            .sign(ca_key, hashes.SHA256())
        )
        _write(leaf, certificate, key)
        return leaf

    def _key(self) -> ec.EllipticCurvePrivateKey:
        authority = Certificate(self.ca_file, self.folder / "ca.key")
        if not authority.key_file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            key = ec.generate_private_key(ec.SECP256R1())
            name = _name("DataOps sandbox CA")
            certificate = (
                _builder("DataOps sandbox CA", issuer=name, public=key.public_key(), until=None)
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                .add_extension(_signs_certificates(), critical=True)
                .sign(key, hashes.SHA256())
            )
            _write(authority, certificate, key)
        loaded = serialization.load_pem_private_key(authority.key_file.read_bytes(), password=None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        return loaded


def _builder(
    name: str, *, issuer: x509.Name, public: ec.EllipticCurvePublicKey, until: datetime | None
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    end = until or now + LIFETIME
    return (
        x509
        .CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, end) - timedelta(days=1))
        .not_valid_after(end)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _loopback() -> list[x509.GeneralName]:
    return [x509.DNSName("localhost"), x509.IPAddress(ipaddress.IPv4Address("127.0.0.1"))]


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(pair: Certificate, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    pem = serialization.Encoding.PEM
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pair.key_file.touch(mode=0o600)
    pair.key_file.write_bytes(text)
    pair.cert_file.write_bytes(certificate.public_bytes(pem))
