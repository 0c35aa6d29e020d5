"""Damage done to bytes without regard to what they mean: what disks, networks and tools do."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

Damage = Callable[[Random, bytes], bytes]

# What stands at the edges of numbers of one to eight bytes.
_EDGES = tuple(
    value.to_bytes(width, order)
    for width in (1, 2, 4, 8)
    for value in (0, 1, 2 ** (8 * width - 1) - 1, 2 ** (8 * width - 1), 2 ** (8 * width) - 1)
    for order in ("little", "big")
)
_MARKS = (
    b'"', b'""', b"'", b",", b";", b"\t", b"\r", b"\n", b"\r\n", b"\0", b"\x1a", b"\xef\xbb\xbf",
    b"\xff\xfe", b"\xfe\xff", b"\x80", b"\xff", b"\xed\xa0\x80", b"\\", b"{", b"}", b"[", b"]",
    b"<", b">", b"&", b"PAR1", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0",
)  # fmt: skip


def _cut(random: Random, content: bytes) -> bytes:
    """The end is missing."""
    return content[: random.randrange(1, len(content) + 1)]


def _beheaded(random: Random, content: bytes) -> bytes:
    """The beginning is missing."""
    return content[random.randrange(len(content)) :]


def _hole(random: Random, content: bytes) -> bytes:
    """A piece in the middle is missing, or NUL."""
    start, end = sorted(random.randrange(len(content) + 1) for _ in range(2))
    filling = b"\0" * (end - start) if random.random() < 0.5 else b""
    return content[:start] + filling + content[end:]


def _flipped(random: Random, content: bytes) -> bytes:
    """Some bits are others."""
    damaged = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 4, 16, 64))):
        damaged[random.randrange(len(damaged))] ^= 1 << random.randrange(8)
    return bytes(damaged)


def _edged(random: Random, content: bytes) -> bytes:
    """A number is the least or the greatest of its width."""
    damaged = bytearray(content)
    for _ in range(random.choice((1, 1, 3))):
        edge = random.choice(_EDGES)
        at = random.randrange(len(damaged))
        damaged[at : at + len(edge)] = edge
    return bytes(damaged)


def _marked(random: Random, content: bytes) -> bytes:
    """Bytes that mean something stand where they should not."""
    for _ in range(random.choice((1, 2, 8))):
        at = random.randrange(len(content) + 1)
        content = content[:at] + random.choice(_MARKS) * random.choice((1, 1, 3)) + content[at:]
    return content


def _repeated(random: Random, content: bytes) -> bytes:
    """A piece stands there several times."""
    start, end = sorted(random.randrange(len(content) + 1) for _ in range(2))
    times = random.randrange(2, 5)
    return content[:start] + content[start:end] * times + content[end:]


def _swapped(random: Random, content: bytes) -> bytes:
    """Two pieces have changed places."""
    first, second, third = sorted(random.randrange(len(content) + 1) for _ in range(3))
    return content[:first] + content[second:third] + content[first:second] + content[third:]


def _noisy(random: Random, content: bytes) -> bytes:
    """A piece is noise."""
    start = random.randrange(len(content))
    length = random.choice((4, 40, 400))
    return content[:start] + random.randbytes(length) + content[start + length :]


DAMAGES: tuple[Damage, ...] = (
    _cut, _beheaded, _hole, _flipped, _flipped, _edged, _marked, _repeated, _swapped, _noisy,
)  # fmt: skip


def damaged(random: Random, content: bytes) -> bytes:
    """Return the bytes with one or more damages; at least one byte is left."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        content = random.choice(DAMAGES)(random, content) or b"\0"
    return content


def spliced(random: Random, first: bytes, second: bytes) -> bytes:
    """Return the beginning of one file and the end of another."""
    return first[: random.randrange(1, len(first) + 1)] + second[random.randrange(len(second)) :]
