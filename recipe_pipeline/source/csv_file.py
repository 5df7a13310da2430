"""Opening a recipe CSV of unknown origin: encoding, separator, columns, clean cells.

The Kaggle file is written by R on Windows: Windows-1252 bytes, and every character that code page
lacks as an escape (``1<U+2009><U+2153>`` is "1 ⅓" with a thin space). Other people's files are
UTF-8 with or without a byte order mark, sometimes decoded wrongly once on their way (mojibake).
"""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError

KAGGLE_COLUMNS = (
    "group", "name", "rating", "n_rater", "n_reviewer", "summary", "process", "ingredient",
)  # fmt: skip
# Longest cell in characters; the csv module's own limit of 131,072 is less than a long page.
MAX_CELL = 16 * 1024 * 1024

_CHUNK = 1 << 16
_MISSING = {"", "na", "n/a", "nan", "none", "null"}
# Bytes 0x80-0x9F of Windows-1252; the five that it leaves undefined stay control characters,
# as browsers read them (https://encoding.spec.whatwg.org/#windows-1252), and are dropped below.
_WINDOWS_1252 = {
    chr(byte): bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)
}
_C1 = re.compile("[\x80-\x9f]")
_R_ESCAPE = re.compile(r"<U\+([0-9A-Fa-f]{4,8})>")
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
# UTF-8 read as Windows-1252 shows as one of these leads followed by a character >= 0x80. The exact
# judgement is ftfy's; this only keeps it, and its import, away from clean text.
_MOJIBAKE_HINT = re.compile("[Â-ôÄÅ](?=[^\x00-\x7f])")
_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Tabs and every Unicode space separator: thin, no-break, ideographic, ...
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_SPACE_AT_BREAK = re.compile(" ?\n ?")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
# Zero-width spaces, directional overrides and byte order marks: invisible, and none of them is
# part of a recipe. (The zero-width joiner U+200D is: emoji are made with it.)
_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def detect_encoding(path: Path) -> str:
    """``utf-8-sig``, ``utf-16`` or ``latin-1`` for the bytes of ``path``, read once in chunks.

    ``latin-1`` stands for Windows-1252: it cannot fail, and `clean_text` is told to map the
    characters in which the two differ.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        chunk = file.read(_CHUNK)
        if chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "latin-1"
    return "utf-8-sig"


def clean_text(text: str, windows_1252: bool = False) -> str:
    """One cell as a reader should see it: decoded escapes, repaired mojibake, plain spaces.

    Line breaks are kept; other runs of white space become one space, control and invisible
    characters go, and the text is in Unicode normal form C.
    """
    if text.isascii() and "<" not in text and text.isprintable() and "  " not in text:
        return text.strip()
    if windows_1252:
        text = _C1.sub(lambda match: _WINDOWS_1252[match[0]], text)
    text = repair_mojibake(decode_escapes(text))
    text = _LINE_BREAKS.sub("\n", unicodedata.normalize("NFC", text))
    text = _SPACES.sub(" ", _INVISIBLE.sub("", _CONTROLS.sub("", text)))
    return _SPACE_AT_BREAK.sub("\n", text).strip()


def decode_escapes(text: str) -> str:
    """R's ``<U+2153>`` escapes as characters: ``<U+0001F600>`` and surrogate pairs too.

    An escape that names no character (lone surrogate, beyond U+10FFFF) is dropped.
    """
    if "<U+" not in text:
        return text
    text = _R_ESCAPE.sub(_escape_to_character, text)
    text = _SURROGATE_PAIR.sub(
        lambda match: match[0].encode("utf-16", "surrogatepass").decode("utf-16"), text
    )
    return re.sub("[\ud800-\udfff]", "", text)


def _escape_to_character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code <= 0x10FFFF else ""


def repair_mojibake(text: str) -> str:
    """``crÃ¨me`` -> ``crème``; text that is right as it stands comes back unchanged.

    The decision is ftfy's (https://ftfy.readthedocs.io), which only changes a sequence when the
    characters it has now are far less likely than the ones it would get.
    """
    if not _MOJIBAKE_HINT.search(text):
        return text
    import ftfy

    return ftfy.fix_encoding(text)


def is_missing(text: str) -> bool:
    """True for an empty cell and for the words that programs write instead of nothing (``NA``)."""
    return len(text) < 16 and text.strip().casefold() in _MISSING


class SourceCsv:
    """A CSV file with a header, ready to be read (several times if need be) row by row.

    Raises PipelineError when the file is absent, unreadable, empty, or lacks one of ``required``.
    """

    def __init__(self, path: Path, required: tuple[str, ...]) -> None:
        self.path = path
        try:
            self.encoding = detect_encoding(path)
            self.delimiter, self.columns = self._read_header()
        except FileNotFoundError:
            raise PipelineError(
                f"recipe file {path} does not exist: run 'python 01_download_dataset.py' or name"
                " another CSV (sample_data/recipes.csv comes with the project)"
            ) from None
        except (OSError, UnicodeError, csv.Error) as error:
            raise PipelineError(f"cannot read recipe file {path}: {error}") from error
        if not self.columns:
            raise PipelineError(f"recipe file {path} is empty: it needs a header and rows")
        missing = [column for column in required if column not in self.columns]
        if missing:
            raise PipelineError(
                f"recipe file {path} lacks the column{'s' if len(missing) > 1 else ''}"
                f" {', '.join(missing)} (it has: {', '.join(self.columns)[:300]}): rename the"
                " columns of the header line or add them"
            )

    @classmethod
    def known(
        cls, path: Path, encoding: str, delimiter: str, columns: tuple[str, ...]
    ) -> SourceCsv:
        """A file of which all this is known already: nothing is read."""
        csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
        source = cls.__new__(cls)
        source.path, source.encoding = path, encoding
        source.delimiter, source.columns = delimiter, columns
        return source

    def _open(self) -> Iterator[str]:
        with self.path.open(encoding=self.encoding, newline="") as file:
            for line in file:
                yield line.replace("\0", "")  # the csv module of Python 3.10 refuses NUL

    def _read_header(self) -> tuple[str, tuple[str, ...]]:
        """The separator under which most known columns appear (comma when none do), the names."""
        csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
        best: tuple[int, str, tuple[str, ...]] = (-1, ",", ())
        for delimiter in ",;\t":
            header: list[str] = next(csv.reader(self._open(), delimiter=delimiter), [])
            columns = tuple(clean_text(cell).casefold() for cell in header)
            known = len({*KAGGLE_COLUMNS, "directions"} & set(columns))
            if known > best[0]:
                best = (known, delimiter, columns)
        return best[1], best[2] if any(best[2]) else ()

    def rows(self) -> Iterator[dict[str, str] | None]:
        """Cleaned cells by lower-case column name; None for a row with another number of cells.

        Missing values (``NA``) are empty strings. Blank lines are no rows. Raises PipelineError,
        with the line number, when the csv module cannot go on.
        """
        reader = csv.reader(self._open(), delimiter=self.delimiter)
        try:
            next(reader, None)
            for cells in reader:
                if any(cells):
                    yield self.clean_row(cells)
        except (csv.Error, UnicodeError, OSError) as error:
            raise PipelineError(
                f"cannot read recipe file {self.path} after line {reader.line_num}: {error}"
            ) from error

    def clean_row(self, cells: list[str]) -> dict[str, str] | None:
        """One row as `rows` gives it."""
        if len(cells) != len(self.columns):
            return None
        windows_1252 = self.encoding == "latin-1"
        clean = (clean_text(cell, windows_1252) for cell in cells)
        values = ("" if is_missing(cell) else cell for cell in clean)
        return dict(zip(self.columns, values, strict=True))
