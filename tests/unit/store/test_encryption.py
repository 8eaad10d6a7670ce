"""What is encrypted is read by every recipient alone, and by nobody else."""

from __future__ import annotations

import io
import os

import pytest
from dataops.connections import Connection
from dataops.errors import ConfigurationError
from dataops.store import DecryptionFailed, Keys, new_identity

MINE, ESCROW, STRANGER = new_identity(), new_identity(), new_identity()
HMAC_KEY = "00112233445566778899aabbccddeeff"
CONTENT = os.urandom(3_000_000)


def keys(*identities: str) -> Keys:
    return Keys((MINE[1], ESCROW[1]), identities, bytes.fromhex(HMAC_KEY))


@pytest.mark.parametrize("identity", [MINE[0], ESCROW[0]], ids=["own key", "escrow key"])
@pytest.mark.parametrize("content", [b"", b"x", CONTENT], ids=["empty", "one byte", "3 MB"])
def test_each_recipient_reads_alone(identity: str, content: bytes) -> None:
    with keys().encrypting(io.BytesIO(content)) as reader:
        encrypted = reader.read()
    assert len(content) < 64 or content[:64] not in encrypted
    with keys(identity).decrypting(io.BytesIO(encrypted)) as reader:
        assert reader.read() == content
    assert keys(identity).decrypt(encrypted) == content
    assert keys(identity).decrypt(keys().encrypt(content)) == content


def test_a_stranger_reads_nothing() -> None:
    encrypted = keys().encrypt(b"secret")
    with pytest.raises(DecryptionFailed, match="other recipients"):
        keys(STRANGER[0]).decrypt(encrypted)
    with pytest.raises(DecryptionFailed), keys(STRANGER[0]).decrypting(io.BytesIO(encrypted)) as reader:
        reader.read()


@pytest.mark.parametrize("damage", ["cut", "flipped", "cut at a chunk's end"])
def test_damage_is_noticed(damage: str) -> None:
    encrypted = keys().encrypt(CONTENT)
    header = len(encrypted) - len(CONTENT) - 16 * (len(CONTENT) // 65536 + 1)
    broken = {
        "cut": encrypted[:-1000],
        "flipped": encrypted[:500_000] + bytes([encrypted[500_000] ^ 1]) + encrypted[500_001:],
        "cut at a chunk's end": encrypted[: header + 20 * (65536 + 16)],
    }[damage]
    with pytest.raises(DecryptionFailed), keys(MINE[0]).decrypting(io.BytesIO(broken)) as reader:
        reader.read()


def test_an_error_of_the_source_is_not_taken_for_its_end() -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 1_000_000:
                raise OSError("disk gone")
            return super().read(size)

    with pytest.raises(OSError, match="disk gone"), keys().encrypting(Breaking(CONTENT)) as reader:
        reader.read()


def test_a_stream_can_be_closed_early() -> None:
    reader = keys().encrypting(io.BytesIO(CONTENT))
    assert reader.read(100)
    reader.close()
    assert reader.closed


def connections(**changes: object) -> dict[str, Connection]:
    values: dict[str, object] = {"recipients": [MINE[1], ESCROW[1]], "hmac": HMAC_KEY, "identity": MINE[0]}
    values |= changes
    found = {
        "dataops_encryption": Connection(
            "dataops_encryption", password=str(values["hmac"]), extra={"recipients": values["recipients"]}
        )
    }
    if values["identity"]:
        found["dataops_decryption"] = Connection("dataops_decryption", password=str(values["identity"]))
    return found


def resolved(found: dict[str, Connection]) -> Keys:
    def resolve(connection_id: str) -> Connection:
        if connection_id not in found:
            raise ConfigurationError("no such connection")
        return found[connection_id]

    return Keys.from_connections(resolve)


def test_keys_come_from_connections_and_stay_out_of_sight() -> None:
    found = resolved(connections())
    assert found.decrypt(found.encrypt(b"x")) == b"x"
    assert MINE[0] not in repr(found)
    assert HMAC_KEY not in repr(found)
    assert found.hmac("scram") == resolved(connections()).hmac(b"scram") != found.hmac("scran")


def test_writers_need_no_identity_and_cannot_read() -> None:
    writer = resolved(connections(identity=None))
    encrypted = writer.encrypt(b"x")
    with pytest.raises(ConfigurationError, match="dataops_decryption"):
        writer.decrypt(encrypted)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"recipients": []}, "names nobody who could read"),
        ({"recipients": ["age1wrong"]}, r"recipient in connection 'dataops_encryption' \(number 1\)"),
        ({"hmac": "short"}, "no usable HMAC key"),
        ({"identity": "AGE-SECRET-KEY-1WRONG"}, "identity in connection 'dataops_decryption'"),
    ],
)
def test_keys_that_cannot_be_read_are_named_without_being_shown(
    changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        resolved(connections(**changes))
    assert "WRONG" not in str(caught.value)
    assert "age1wrong" not in str(caught.value)
