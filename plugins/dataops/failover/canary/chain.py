"""The lines of a ledger, each bound to all before it: none can be changed, added or taken away unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

BEGINNING = "0" * 64
"""What the first line is bound to."""


@dataclass(frozen=True)
class Head:
    """How long a ledger file is and the hash of its last line: whoever knows it can tell any change."""

    lines: int = 0
    chain: str = BEGINNING


HEADS = "heads.json"
"""The file beside a ledger that says what was told of it."""

Heads = Mapping[str, Head]
"""By the name of the file, such as ``writer-1``."""


def heads_to_json(heads: Heads) -> str:
    """The heads as a file that is kept beside the ledger."""
    return json.dumps({name: asdict(head) for name, head in sorted(heads.items())}, indent=2) + "\n"


def heads_from_json(text: str) -> Heads:
    """What ``heads_to_json`` wrote."""
    return {name: Head(**head) for name, head in json.loads(text).items()}


def next_chain(chain: str, body: bytes) -> str:
    """SHA-256, in hexadecimal, of the hash before and this line's JSON."""
    return hashlib.sha256(chain.encode() + body).hexdigest()


def line_of(chain: str, entry: Mapping[str, object]) -> tuple[bytes, str]:
    """One line, ``<hash> <JSON>``, and its hash. Hashed are the very bytes that are written."""
    body = json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()
    chain = next_chain(chain, body)
    return chain.encode() + b" " + body + b"\n", chain
