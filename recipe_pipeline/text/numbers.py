"""Numbers in recipe text: words, fractions and decimals, all brought into one decimal spelling."""

from __future__ import annotations

import re

_COUNTING = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
)
NUMBER_WORDS = {
    **{word: str(number) for number, word in enumerate(_COUNTING.split(" "))},
    "dozen": "12",
    "half": "0.5",
    "quarter": "0.25",
}
TENS_WORDS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
              "eighty": 80, "ninety": 90, "hundred": 100}  # fmt: skip

#: The single-character fractions that recipes use, with their ASCII spelling.
FRACTIONS = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4",
    "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip
FRACTION_SIGNS = "".join(FRACTIONS)

# Starts with a plain digit so that the regular expression engine can skip from digit to digit.
_FRACTION = re.compile(
    r"[0-9][0-9]{0,3}(?:(?:[ \t\u00a0\u2009]+|-|[ \t]+and[ \t]+)[0-9]{1,2})?/[0-9]{1,2}(?![0-9/])"
)
_FRACTION_PARTS = re.compile(r"(?:(\d+)\D+)?(\d+)/(\d+)")
_THOUSANDS = re.compile(r",(?<=\d,)(?=\d{3}\b)")
_DECIMAL_COMMA = re.compile(r",(?<=\d,)(?=\d{1,2}\b)")

_COUNT = r"\d+|an?|one|two|three|four|five|six"
_PARTS = {"half": 0.5, "quarter": 0.25, "third": 1 / 3}
# "one and a half cups"
_HALVES = re.compile(rf"\b({_COUNT})\s+and\s+(?:a|one)\s+(half|quarter|third)\b")
# "an hour and a half", "2 cups and a half"
_UNIT_AND_HALF = re.compile(rf"\b({_COUNT})\s+([a-z]+)\s+and\s+an?\s+(half|quarter)\b")
_PART_OF = re.compile(
    r"\b(?:(one|two|three|1|2|3)\s+)?(?:an?\s+)?(half|halves|quarters?|thirds?)"
    r"(?:\s+(?:of\s+)?an?)?(?=\s+[a-z])"
)
_DOZEN = re.compile(r"\b(?:(?:an?|one)\s+)?(half\s+(?:a\s+)?)?dozen\b")
_TENS = re.compile(r"\b(?:thirty|forty|fifty|sixty|ninety)\b")
_COMPOUND_TENS = re.compile(
    r"\b(twenty|thirty|forty|fifty)[\s-]+(one|two|three|four|five|six|seven|eight|nine)\b"
)
_HINTS = ("half", "halves", "quarter", "third", "dozen", "nty", "rty", "fty", "xty", "nety")


def decimal(value: float) -> str:
    """Shortest decimal text with at most three places: 1.5 -> "1.5", 2.0 -> "2"."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def value_of(word: str) -> float:
    """A numeral, number word or article as a number."""
    return 1.0 if word in ("a", "an") else float(NUMBER_WORDS.get(word, word))


def fractions_as_decimals(text: str) -> str:
    """``1 1/2 cups`` -> ``1.5 cups``; dates and page numbers with slashes stay."""
    return _FRACTION.sub(_fraction_as_decimal, text) if "/" in text else text


def _fraction_as_decimal(match: re.Match[str]) -> str:
    whole, top, bottom = _FRACTION_PARTS.fullmatch(match.group()).groups()
    before = match.string[match.start() - 1 : match.start()]
    if int(bottom) == 0 or len(top) > 2 or (before and before in "0123456789/."):
        return match.group()  # a date, a decimal or a page number
    if whole and (int(top) >= int(bottom) or len(whole) > 2):  # "350 1/2 cups" are two numbers
        return f"{whole} {decimal(int(top) / int(bottom))}"
    return decimal(int(whole or 0) + int(top) / int(bottom))


def without_commas(text: str) -> str:
    """``1,000`` -> ``1000`` and the decimal comma ``1,5`` -> ``1.5``."""
    return _DECIMAL_COMMA.sub(".", _THOUSANDS.sub("", text)) if "," in text else text


def words_as_digits(text: str) -> str:
    """Parts, dozens and tens as digits: "a cup and a half" -> "1.5 cup", "forty-five" -> "45".

    ``text`` is in lower case. Single words up to twenty stay (see `NUMBER_WORDS`).
    """
    # Few lines hold such words, and looking for them is cheaper than running five expressions.
    if not any(hint in text for hint in _HINTS):
        return text
    return "\n".join(
        _line_as_digits(line) if any(hint in line for hint in _HINTS) else line
        for line in text.split("\n")
    )


def _line_as_digits(line: str) -> str:
    line = tens_as_digits(line)
    line = _DOZEN.sub(lambda m: "6" if m[1] else "12", line)
    line = _HALVES.sub(lambda m: decimal(value_of(m[1]) + _PARTS[m[2]]), line)
    line = _UNIT_AND_HALF.sub(lambda m: f"{decimal(value_of(m[1]) + _PARTS[m[3]])} {m[2]}", line)
    return _PART_OF.sub(_part_as_digits, line)


def tens_as_digits(text: str) -> str:
    """ "forty-five" -> "45", "thirty" -> "30"; a bare "twenty" stays (it is a `NUMBER_WORDS` entry)."""
    text = _COMPOUND_TENS.sub(lambda m: str(TENS_WORDS[m[1]] + int(NUMBER_WORDS[m[2]])), text)
    return _TENS.sub(lambda m: str(TENS_WORDS[m[0]]), text)


def _part_as_digits(match: re.Match[str]) -> str:
    part = match[2].rstrip("s").replace("halve", "half")
    # A bare "third" or "quarter" is an ordinal or a verb more often than an amount.
    if match[1] is None and part != "half" and not match[0].rstrip().endswith((" a", " an")):
        return match[0] if not re.match(r"an?\s", match[0]) else decimal(_PARTS[part])
    return decimal(value_of(match[1] or "1") * _PARTS[part])
