"""One spelling for the same text: lower case, no accents, numbers as decimals.

`tokenise` keeps units as they are written (``tbsp`` is not ``tablespoon``): a copy that changes
the unit's spelling is still recognised by the similarity threshold, or it is not a copy.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from recipe_pipeline.text.numbers import (
    FRACTION_SIGNS,
    decimal,
    fractions_as_decimals,
    without_commas,
    words_as_digits,
)
from recipe_pipeline.text.vocabulary import UNITS

_VULGAR_FRACTION = re.compile(r"(?<=\d)(?=[\u00bc-\u00be\u2150-\u215e\u2189])")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_ASCII_TOKEN = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
# str.replace is several times faster than str.translate on text that is not ASCII.
_ASCII_PUNCTUATION = (("\u2019", "'"), ("\u2018", "'"), ("\u2013", "-"), ("\u2014", " - "))

_CASED_UNIT = re.compile(rf"(?<=[\d{FRACTION_SIGNS}])(\s?)(T|t|C|c)\b\.?(?![°'’])")
_CASED_UNITS = {"T": "tablespoon", "t": "teaspoon", "C": "cup", "c": "cup"}
_KEYCAP = re.compile(r"\d\ufe0f?\u20e3")
# "5) ", "3: ", "Step 2:" and "Step 2Pour" at the start of a line number it; "1 ) " does not occur.
_LINE_NUMBER = re.compile(
    r"^[\s*_#>-]*(?:step\s*\d{1,2}\s*[.):\-–—]?(?=\s|(?-i:[A-Z]))|\d{1,2}[.):](?=\s))\**",
    re.I | re.M,
)
_SEPARATOR = re.compile(
    r"[#•·▪▫◦‣●○■□▢☐☑✓✔✅➡→🔸🔹✨👉|~;\u2028\U0001f300-\U0001faff\u2600-\u27bf]|\s/\s|<br\s*/?>"
)
_HYPHENATED = re.compile(r"-(?<=[a-z]-)(?=[a-z])")
# "a teaspoon of salt" is an amount, "a pinch" too; "a bay leaf" is left to the line check.
_ONE_UNIT = re.compile(
    rf"\ban? (?=(?:heaping |scant |generous |small |large )?(?:{'|'.join(UNITS)})\b)"
)


@lru_cache(maxsize=256)
def simplify(text: str) -> str:
    """``text`` in lower case, without accents, fractions as decimals (``1 ½`` -> ``1.5``).

    ASCII punctuation and line ends stay, so that labels ("Prep Time: 10 min") can still be found;
    other symbols become spaces.
    """
    if text.isascii():
        plain = text.lower()
    else:
        spaced = _VULGAR_FRACTION.sub(" ", text)
        for symbol, plain in _ASCII_PUNCTUATION:
            spaced = spaced.replace(symbol, plain)
        plain = _NON_ASCII.sub(_letters_only, unicodedata.normalize("NFKD", spaced.casefold()))
    return fractions_as_decimals(plain)


def _letters_only(match: re.Match[str]) -> str:
    """Letters and digits stay, accents go, the fraction slash becomes a slash, the rest spaces."""
    kept = (
        c if c.isalnum() else "/" if c == "\u2044" else "" if unicodedata.combining(c) else " "
        for c in match.group()
    )
    return "".join(kept)


@lru_cache(maxsize=4096)
def tokenise(text: str) -> tuple[str, ...]:
    """The tokens of ``text``: words without apostrophes, numbers in their shortest decimal form."""
    plain = simplify(text).replace("'", "")
    tokens = (_ASCII_TOKEN if plain.isascii() else _TOKEN).findall(plain)
    return tuple(
        decimal(float(t)) if ("." in t or t[0] == "0") and t.isascii() else t for t in tokens
    )


def plain_words(text: str) -> str:
    """`simplify`, and more: amounts in words as decimals, list marks and bullets as line ends."""
    text = _CASED_UNIT.sub(lambda m: f" {_CASED_UNITS[m[2]]}", text)
    if "\u20e3" in text:
        text = _KEYCAP.sub("\n", text)
    if "." in text or ":" in text or ")" in text:
        text = _LINE_NUMBER.sub("\n", text)
    text = simplify(_SEPARATOR.sub("\n", text)).replace("'", "")
    text = _HYPHENATED.sub(" ", text) if "-" in text else text
    return _ONE_UNIT.sub("1 ", words_as_digits(without_commas(text)))
