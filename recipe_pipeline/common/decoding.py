"""Bytes -> text, the way browsers read them."""

from __future__ import annotations

import re
from contextlib import suppress

from recipe_pipeline.common.errors import PipelineError

# Web encodings keep ASCII. UTF-16 without a byte order mark does not, nor do rot13, unicode_escape,
# idna and other codecs that Python knows.
_ASCII_PROBE = rb"<p>\u0041.xn--e1afmkfd.~"
_SAMPLE = 65_536


def decode_page(content: bytes, name: str, charset: str | None = None) -> str:
    """The text of a web page or text file.

    A byte order mark decides. Otherwise the first of these that fits without errors is used:
    ``charset`` (from the HTTP header), the page's own declaration, UTF-8. If none fits, damaged
    UTF-8 is still read as UTF-8, and the rest as declared or as cp1252, with U+FFFD for the bytes
    that cannot be decoded. Labels mean what they mean to browsers ("iso-8859-1" is cp1252).

    Raises PipelineError, which names the file ``name``, if the content is binary.
    """
    from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding, to_unicode

    bom_encoding, bom = read_bom(content)
    if bom_encoding and bom:
        return to_unicode(content[len(bom) :], bom_encoding)
    if is_binary(content):
        raise PipelineError(f"{name} is a binary file: pass text or HTML")
    declared = [
        resolve_encoding(charset) if charset else None,
        html_body_declared_encoding(content),
    ]
    encodings = [encoding for encoding in declared if encoding and _keeps_ascii(encoding)]
    for encoding in (*encodings, "utf-8"):
        with suppress(UnicodeError):
            return content.decode(encoding)
    text = content.decode("utf-8", errors="replace")
    if is_damaged_utf8(text, declared="utf-8" in encodings):
        return text
    others = [encoding for encoding in encodings if encoding != "utf-8"]
    return to_unicode(content, (*others, "cp1252")[0])


def decode_text(content: bytes) -> str:
    """UTF-8 with or without a byte order mark, even if slightly damaged; otherwise cp1252.

    Bytes that cannot be decoded become U+FFFD.
    """
    text = content.decode("utf-8-sig", errors="replace")
    if "\ufffd" not in text or is_damaged_utf8(text):
        return text
    return content.decode("cp1252", errors="replace")


def is_damaged_utf8(text: str, declared: bool = False) -> bool:
    """Whether ``text``, decoded as UTF-8 with U+FFFD for invalid bytes, really is UTF-8.

    Text in another encoding rarely contains valid UTF-8 sequences beyond ASCII. A single stray byte
    in otherwise pure ASCII counts as damage if UTF-8 was ``declared``, and as cp1252 if it was not.
    """
    return text.count("\ufffd") <= len(re.findall(r"[^\x00-\x7f\ufffd]", text)) + declared


def is_binary(content: bytes) -> bool:
    """Whether ``content`` has bytes that no text in an encoding of the web has."""
    sample = content[:_SAMPLE]
    control = sum(sample.count(byte) for byte in (*range(1, 9), *range(14, 27), 127))
    return b"\0" in sample or control > len(sample) / 50


def _keeps_ascii(encoding: str) -> bool:
    try:
        return _ASCII_PROBE.decode(encoding).encode("ascii") == _ASCII_PROBE
    except (LookupError, ValueError):
        return False
