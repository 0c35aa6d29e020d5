"""Text files as UTF-8, whatever they were written in.

Without a setting, a byte order mark decides, then the look of UTF-16. All else is taken for UTF-8,
and each line that is not valid UTF-8 for Windows-1252, of which Latin-1's printable characters are
a part. Line by line, because files that were glued together hold both.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from keepone.errors import SettingsError

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Encodings that ask for a byte order mark, and what marks there are.
_UNORDERED = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
# Codecs for names in protocols and in source code, not for files: they read all at once, or fail.
_NO_FILES = frozenset({"idna", "punycode", "raw_unicode_escape", "undefined", "unicode_escape"})
_SAMPLE = 4_096
_LINES = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|$)")

# Windows-1252 leaves five bytes open; as browsers do, they are read as the control characters of
# Latin-1, so that no byte is lost.
_OPEN_BYTES = "windows-1252-open-bytes"


def _open_byte(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(_OPEN_BYTES, _open_byte)


def text_of(content: bytes) -> str:
    """Return bytes as text: UTF-8, and what is not, Windows-1252."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1252", _OPEN_BYTES)


@dataclass(slots=True)
class Utf8Text:
    """The bytes of a text file as UTF-8 without a byte order mark.

    `encoding` is the setting, None to find it. After `blocks()` is through, `fallback_lines` counts
    the lines that were read as Windows-1252. `marks_damage` tells whether a character that cannot
    be decoded became U+FFFD: wherever the encoding is known, so that there is nothing to fall back
    to.
    """

    stream: BinaryIO
    encoding: str | None
    fallback_lines: int = 0
    marks_damage: bool = False

    def blocks(self, size: int) -> Iterator[bytes]:
        """Give the text in blocks of about `size` bytes, each but the last ending with a line."""
        head = self.stream.read(_SAMPLE)
        encoding = self.encoding or _look(head)
        raw = _Joined(head, self.stream)
        if encoding is not None:
            self.marks_damage = True
            decoded = _decoded(raw, _in_order(_codec(encoding), head), size)
        else:
            decoded = raw.blocks(size)
        rest = b""
        for block in decoded:
            text = rest + block
            # A final \r may be half of \r\n: it stays for the next block.
            cut = max(text.rfind(b"\n"), text.rfind(b"\r", 0, -1)) + 1
            rest = text[cut:]
            if cut:
                yield self._valid(text[:cut])
        if rest:
            yield self._valid(rest)

    def _valid(self, text: bytes) -> bytes:
        if _is_utf8(text):
            return text
        lines = _LINES.findall(text)
        for index, line in enumerate(lines):
            if not _is_utf8(line):
                lines[index] = text_of(line).encode()
                self.fallback_lines += 1
        return b"".join(lines)


@dataclass(frozen=True, slots=True)
class _Joined:
    """A stream whose first bytes were looked at already."""

    head: bytes
    stream: BinaryIO

    def blocks(self, size: int) -> Iterator[bytes]:
        block = self.head + self.stream.read(max(0, size - len(self.head)))
        while block:
            yield block
            block = self.stream.read(size)


def _look(head: bytes) -> str | None:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # ASCII in UTF-16 has a NUL in every second byte: in the odd places, if little-endian.
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > len(odd) * 0.4 and even.count(0) < len(even) * 0.1:
        return "utf-16-le"
    if even.count(0) > len(even) * 0.4 and odd.count(0) < len(odd) * 0.1:
        return "utf-16-be"
    return None


def _codec(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        if name.replace("-", "_") in _NO_FILES:
            raise LookupError(name)
        b"a".decode(name, "replace")
    except (LookupError, ValueError) as error:
        message = f"ingest.encoding: there is no text encoding called {encoding!r}"
        hint = "Use a name such as utf-8, utf-16, cp1252 or shift_jis, or leave it unset."
        raise SettingsError(message, hint=hint) from error
    # With -sig, a byte order mark is no part of the first header.
    return "utf-8-sig" if name == "utf-8" else name


def _in_order(encoding: str, head: bytes) -> str:
    """Return UTF-16 and UTF-32 with the order of bytes that the look of the file tells.

    Without a byte order mark Python refuses them. What does not look like either is little-endian,
    as most such files are.
    """
    if encoding not in _UNORDERED or head.startswith(_UNORDERED[encoding]):
        return encoding
    look = _look(head)
    return look if look is not None and look.startswith(encoding) else f"{encoding}-le"


def _decoded(raw: _Joined, encoding: str, size: int) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    for block in raw.blocks(size):
        yield _as_utf8(decoder.decode(block))
    yield _as_utf8(decoder.decode(b"", final=True))


def _as_utf8(text: str) -> bytes:
    """Return text as UTF-8; half of a surrogate pair, which UTF-7 lets pass, is U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
