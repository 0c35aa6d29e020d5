"""Record ids as Salesforce makes them: 15 characters that mind case, and 3 that check them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepone.generate.streams import Stream

_ALPHABET = np.frombuffer(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8
)
_CHECK = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)
_PREFIX = b"0015f00"
"""001 is the key prefix of accounts; the rest names an instance."""


def checksum(characters: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the three check characters of each row of 15 ASCII characters.

    Each block of five gives one: bit i is set where character i is a capital letter.
    """
    capital = (characters >= ord("A")) & (characters <= ord("Z"))
    bits = capital.reshape(len(characters), 3, 5) @ (1 << np.arange(5))
    return _CHECK[bits]


def salesforce_ids(size: int, stream: Stream, prefix: bytes = _PREFIX) -> pa.Array:
    """Return `size` distinct 18-character ids in rising order: of accounts, or by their prefix."""
    serials = 31_000_000 + np.cumsum(1 + stream.below(40, size))
    places = 62 ** np.arange(7, -1, -1, dtype=np.int64)
    tail = _ALPHABET[serials[:, np.newaxis] // places % 62]
    head = np.broadcast_to(np.frombuffer(prefix, dtype=np.uint8), (size, len(prefix)))
    characters = np.hstack([head, tail])
    ids = np.ascontiguousarray(np.hstack([characters, checksum(characters)]))
    offsets = np.arange(size + 1, dtype=np.int32) * ids.shape[1]
    return pa.StringArray.from_buffers(size, pa.py_buffer(offsets), pa.py_buffer(ids))
