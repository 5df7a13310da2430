"""Cleaning the cells of a recipe CSV: escapes, mojibake, white space, invisible characters.

The Kaggle file was written by R on Windows: every character that Windows-1252 lacks is an escape
(``1<U+2009><U+2153>`` is "1 ⅓" with a thin space). Other files may hold UTF-8 that was decoded as
Windows-1252 somewhere on the way (mojibake).
"""

from __future__ import annotations

import re
import unicodedata

_MISSING = {"", "na", "n/a", "nan", "none", "null"}
_R_ESCAPE = re.compile(r"<U\+([0-9A-Fa-f]{4,8})>")
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# UTF-8 read as Windows-1252 shows one of these leads followed by a character >= 0x80. ftfy makes
# the actual decision; this only keeps clean text away from ftfy, which is slow.
_MOJIBAKE_HINT = re.compile("[Â-ôÄÅ](?=[^\x00-\x7f])")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Tabs and every Unicode space separator: thin, no-break, ideographic, ...
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_SPACE_AT_BREAK = re.compile(" ?\n ?")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Zero-width spaces, directional overrides and byte order marks. The zero-width joiner U+200D
# stays: emoji are built with it.
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def clean_cell(text: str) -> str:
    """`clean_text` of a cell; "" for the words that programs write for a missing value (``NA``)."""
    text = clean_text(text)
    return "" if text.casefold() in _MISSING else text


def clean_text(text: str) -> str:
    """The text as a reader should see it: decoded escapes, repaired mojibake, plain spaces.

    Line breaks are kept; any other run of white space becomes one space, control and invisible
    characters are removed, and the result is in Unicode normal form C.
    """
    if text.isascii() and "<" not in text and text.isprintable() and "  " not in text:
        return text.strip()
    text = repair_mojibake(decode_escapes(text))
    text = _LINE_BREAKS.sub("\n", unicodedata.normalize("NFC", text))
    text = _SPACES.sub(" ", _INVISIBLE.sub("", _CONTROLS.sub("", text)))
    return _SPACE_AT_BREAK.sub("\n", text).strip()


def decode_escapes(text: str) -> str:
    """Decode R's ``<U+2153>`` escapes, including ``<U+0001F600>`` and surrogate pairs.

    An escape that names no character (a lone surrogate, or beyond U+10FFFF) is removed.
    """
    if "<U+" not in text:
        return text
    text = _R_ESCAPE.sub(_escape_to_character, text)
    text = _SURROGATE_PAIR.sub(
        lambda match: match[0].encode("utf-16", "surrogatepass").decode("utf-16"), text
    )
    return _SURROGATE.sub("", text)


def _escape_to_character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code <= 0x10FFFF else ""


def repair_mojibake(text: str) -> str:
    """``crÃ¨me`` -> ``crème``; correct text is returned unchanged.

    ftfy (https://ftfy.readthedocs.io) decides: it changes a sequence only when its current
    characters are far less likely than the repaired ones.
    """
    if not _MOJIBAKE_HINT.search(text):
        return text
    import ftfy

    return ftfy.fix_encoding(text)
