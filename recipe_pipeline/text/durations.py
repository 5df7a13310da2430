"""Times as people and models write them -> ISO 8601 durations, the form schema.org asks for.

Format: ISO 8601 durations (``PT1H15M``, ``P1DT2H``), https://schema.org/Duration. The output has
days, hours, minutes and seconds only; nothing cooks for months.
"""

from __future__ import annotations

import re

from recipe_pipeline.text.languages import in_english
from recipe_pipeline.text.numbers import NUMBER_WORDS, TENS_WORDS, tens_as_digits

_ISO = re.compile(
    r"P(?:(?P<w>\d+(?:[.,]\d+)?)W)?(?:(?P<d>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(?P<h>\d+(?:[.,]\d+)?)H)?(?:(?P<m>\d+(?:[.,]\d+)?)M)?(?:(?P<s>\d+(?:[.,]\d+)?)S)?)?",
    re.IGNORECASE,
)
# "P30M" is 30 months by the standard, but in a recipe someone forgot the T.
_MISSING_T = re.compile(r"P(?:(\d+)H)?(?:(\d+)M)?", re.IGNORECASE)
# Templates that print every field write years and months of 0, and days behind the T.
_NO_YEARS = re.compile(r"(?<=^P)(?:0+Y)?(?:0+M)?(?=\d+[DW]|T)", re.IGNORECASE)
_DAYS_BEHIND_T = re.compile(r"PT(\d+D)(?=\d|$)", re.IGNORECASE)
# "PT15-20M" is not ISO 8601, but models write it for a range of minutes.
_ISO_RANGE = re.compile(r"(?<=[PpTtHh])\d+[-–](?=\d+[HhMm])")

CANONICAL = re.compile(r"P(?=\d|T\d)(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?")

_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
#: Units of time without the one-letter ones, which need a number before them.
UNIT_WORDS = r"(?:weeks?|wks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?)"
#: The unit of a cooking time right behind its number, with the period of an abbreviation.
COOKING_UNIT = r"(?:days?|hours?|hrs?|h|minutes?|mins?|m|d)(?![a-z])\.?"
HOURS_OR_MINUTES = r"(?:hours?|hrs?|h|minutes?|mins?|m)"
_UNIT = rf"(?P<unit>{UNIT_WORDS}|[dhms])(?![a-z])\.?"
_THOUSANDS = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?![\d.,])")
# "1 hour hr 15 minutes mins": cards say it to screen readers, too.
_TWICE = re.compile(rf"\b(?=(\w))({UNIT_WORDS})\s+(?=\1)(?:{UNIT_WORDS}|[hms])\b", re.IGNORECASE)
_FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75", "⅓": ".33333333", "⅔": ".66666667"}
_AMOUNT = r"(?P<amount>\d+(?:[.,]\d+)?(?:\s+\d/\d+)?|\d/\d+|\.\d+)"
_TERM = re.compile(rf"{_AMOUNT}\s*-?\s*{_UNIT}", re.IGNORECASE)
_RANGE = re.compile(
    r"(?:between\s+)?\d+(?:[.,]\d+)?\s*(?P<unit>[a-z]+\.?)?\s*(?:-|–|—|to|or|and)\s*"
    r"(?=\d+(?:[.,]\d+)?\s*(?P<unit2>[a-z]+))",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?:\s*h(?:ou)?rs?)?", re.IGNORECASE)
#: "1h30", "1 h 30"
COMPACT_HOURS = re.compile(r"(\d+)[ \t]*h[ \t]*(\d{1,2})(?![ \t]*[a-z\d/])", re.IGNORECASE)
_FILLER = re.compile(
    r"\b(?:about|approximately|approx|around|roughly|circa|ca|up to|at least|under|and|plus|a total of"
    r"|total|prep|cook|cooking|baking)\b|[~≈+&,.;:]",
    re.IGNORECASE,
)
_COUNTS = {
    "half an": "0.5", "half a": "0.5", "an": "1", "a": "1",
    **{word: number for word, number in NUMBER_WORDS.items() if number.isdigit() and word != "dozen"},
    **{word: str(number) for word, number in TENS_WORDS.items()},
}  # fmt: skip
_COUNT_WORD = re.compile(
    rf"\b({'|'.join(sorted(_COUNTS, key=len, reverse=True))})\b(?=[\s-]*(?:\d+/\d+ )?{UNIT_WORDS}\b)"
)


def parse_seconds(value: object) -> float | None:
    """Length in seconds of a duration in any usual form; None for anything else.

    Accepts ISO 8601 (also lower case, fractions, a forgotten ``T``), a number or a bare numeral
    (minutes), words ("1 hr 15 min", "1½ hours", "half an hour", "1:15", "1h15"). Of a range
    ("20-25 minutes") the longer end counts. Text with a word left over gives None rather than a
    guess.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return value * 60 if 0 <= value < 10_000_000 else None
    if not isinstance(value, str) or len(value) > 200:
        return None
    text = value.strip()
    for parse in (_parse_iso, _parse_clock, _parse_words):
        seconds = parse(text)
        if seconds is not None:
            return seconds
    return None


def _parse_iso(text: str) -> float | None:
    text = _NO_YEARS.sub("", _ISO_RANGE.sub("", "".join(text.split())))
    text = _DAYS_BEHIND_T.sub(r"P\1T", text)
    match = _ISO.fullmatch(text)
    if match and any(match.groupdict().values()):
        parts = match.groupdict().items()
        return sum(_SECONDS[unit] * _number(amount) for unit, amount in parts if amount)
    match = _MISSING_T.fullmatch(text)
    if match and any(match.groups()):
        return int(match[1] or 0) * 3600 + int(match[2] or 0) * 60
    return None


def _parse_clock(text: str) -> float | None:
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text) * 60 if float(text) < 10_000_000 else None
    match = _CLOCK.fullmatch(text) or COMPACT_HOURS.fullmatch(text)
    return int(match[1]) * 3600 + int(match[2]) * 60 if match else None


def _parse_words(text: str) -> float | None:
    text = re.sub(r"\([^)]*\)", " ", text.lower()).replace("\u2009", " ").replace("\u2044", "/")
    text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    text = re.sub(r"(\d)\s*([½¼¾⅓⅔])", r"\1\2", units_once(in_english(text)))
    for character, decimal in _FRACTIONS.items():
        text = text.replace(character, decimal)
    text = re.sub(r"(\d+)\s+(and a half|½)\s+", r"\1.5 ", text)
    text = _COUNT_WORD.sub(lambda match: _COUNTS[match[1]], tens_as_digits(text))
    text = re.sub(r"\bof an\b", "", text)
    text = _RANGE.sub(_keep_upper_end, text)
    seconds, seen = 0.0, set()
    for match in _TERM.finditer(text):
        unit = match["unit"].lower()[0]
        if unit in seen:
            return None
        seen.add(unit)
        seconds += _SECONDS[unit] * _number(match["amount"])
    leftover = _FILLER.sub(" ", _TERM.sub(" ", text)).strip()
    return seconds if seen and not leftover else None


def units_once(text: str) -> str:
    """ "1 hour hr" -> "1 hour"."""
    return _TWICE.sub(r"\2", text)


def _keep_upper_end(match: re.Match[str]) -> str:
    unit, upper = match["unit"], match["unit2"]
    # "1 hour to 90 minutes" is a range too, "1 hour and 15 minutes" is a sum.
    same = unit is None or unit[0] == upper[0]
    return "" if same or "to" in match[0].split() else match[0]


def _number(text: str) -> float:
    text = text.replace(",", ".")
    whole, _, fraction = text.rpartition(" ") if "/" in text else (text, "", "")
    value = float(whole or 0)
    if fraction:
        numerator, denominator = fraction.split("/")
        value += int(numerator) / (int(denominator) or 1)
    return value


def seconds_to_iso(seconds: float) -> str:
    """Canonical ISO 8601 duration: 4500 -> ``PT1H15M``, 90000 -> ``P1DT1H``, 0 -> ``PT0M``."""
    total = round(seconds)
    # Thirds of an hour ("1⅓ hours") are minutes, not 4799.99 seconds.
    days, rest = divmod(total, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if n)
    iso = "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return iso if iso != "P" else "PT0M"


def to_iso(value: object) -> str | None:
    """``value`` (see `parse_seconds`) as canonical ISO 8601, or None when it is not a duration."""
    seconds = parse_seconds(value)
    return None if seconds is None else seconds_to_iso(seconds)


def iso_to_minutes(value: object) -> int | None:
    """``PT1H30M`` -> 90 (rounded to whole minutes); None when it is not an ISO 8601 duration."""
    if not isinstance(value, str):
        return None
    seconds = _parse_iso(value.strip())
    return None if seconds is None else round(seconds / 60)


def spell_minutes(minutes: int) -> str:
    """``90`` -> "1 h 30 min"."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join(parts + ([f"{rest} min"] if rest or not hours else []))
