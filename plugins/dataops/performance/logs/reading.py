"""Reading a log: blocks of bytes, cut at the edges of entries, counted by two threads, added up in order.

At most four pieces are in memory at once, whatever the log's size. polars works outside of the interpreter's
lock, so threads suffice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from dataops.performance.logs.digesting import Digest
from dataops.performance.logs.entries import Format
from dataops.performance.logs.looking import Looked, look

BLOCK = 16 << 20
"""Bytes that are read at once."""
THREADS = 2
_WAITING = 3


def read(blocks: Iterable[bytes], written_as: Format, digest: Digest, *, complete: bool = False) -> int:
    """Count the log into the digest; the bytes of whole entries that were read.

    What follows the last whole entry is left for the next time, since the server may still be writing it;
    unless the file is ``complete``.
    """
    taken = 0

    def texts() -> Iterator[bytes]:
        nonlocal taken
        for text in whole_entries(blocks, written_as, complete=complete):
            taken += len(text)
            yield text

    with ThreadPoolExecutor(THREADS, thread_name_prefix="log") as workers:
        for looked in _in_order(workers, lambda text: look(written_as.parse(text), digest.kept), texts()):
            digest.add(looked)
    return taken


def whole_entries(blocks: Iterable[bytes], written_as: Format, *, complete: bool) -> Iterator[bytes]:
    """The blocks, cut so that each begins and ends with an entry."""
    rest = b""
    for block in blocks:
        text = rest + block if rest else block
        end = written_as.cut(text)
        if end:
            yield text[:end] if end < len(text) else text
        rest = text[end:]
    if complete and rest.endswith(b"\n"):
        yield rest


def _in_order(
    workers: ThreadPoolExecutor, work: Callable[[bytes], Looked], texts: Iterator[bytes]
) -> Iterator[Looked]:
    waiting: deque[Future[Looked]] = deque()
    for text in texts:
        waiting.append(workers.submit(work, text))
        if len(waiting) >= _WAITING:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
