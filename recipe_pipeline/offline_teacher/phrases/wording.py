"""How people write times, yields and amounts; deterministic given the ``Random``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.text.numbers import FRACTION_SIGNS, FRACTIONS, fractions_as_decimals

_ASCII_FRACTIONS = {ascii_form: sign for sign, ascii_form in FRACTIONS.items()}

_WORDS = forms("spelling")
_UNIT_WORD = re.compile(
    rf"(?<=[\d{FRACTION_SIGNS}] )(" + "|".join(sorted(_WORDS.units, key=len, reverse=True)) + r")\b"
)
_METRIC_CUP = re.compile(
    r"^(\d+|½|¼|¾|1/2|1/4|3/4|1 ?½|1 1/2)( cups?)(?= (?:\w+ ){0,2}"
    r"(?:milk|water|broth|stock|cream|oil|juice|buttermilk|wine)\b)"
)

# (one, several) days, hours and minutes, and what stands between them.
_CLOCK_FORMS = (
    ((" day", " days"), (" hour", " hours"), (" minute", " minutes"), " "),
    ((" day", " days"), (" hour", " hours"), (" minutes", " minutes"), " and "),
    ((" day", " days"), (" hr", " hrs"), (" min", " mins"), " "),
    ((" day", " days"), (" hr", " hr"), (" min", " min"), " "),
    ((" Day", " Days"), (" Hr", " Hrs"), (" Min", " Min"), " "),
    ((" day", " days"), (" hour", " hours"), (" mins", " mins"), ", "),
    (("d", "d"), ("h", "h"), ("m", "m"), " "),
)
CLOCK_STYLES = len(_CLOCK_FORMS) + 1
SITE_CLOCK_STYLES = CLOCK_STYLES + 3


def _counted(counts: Sequence[int], words: Sequence[tuple[str, str]], between: str) -> str:
    """The counts that are not zero, each with its word."""
    pairs = zip(counts, words, strict=True)
    return between.join(f"{n}{one if n == 1 else many}" for n, (one, many) in pairs if n)


def clock(minutes: int, style: int) -> str:
    """``minutes`` as written on a card, in one of ``CLOCK_STYLES`` spellings.

    75 -> "1 hour 15 minutes", "1 hr 15 mins", "1h 15m", "75 minutes", ...
    """
    if style == len(_CLOCK_FORMS):
        if minutes <= 180:
            return f"{minutes} minute{'' if minutes == 1 else 's'}"
        style = 0
    *words, between = _CLOCK_FORMS[style]
    days, rest = divmod(minutes, 1440)
    return _counted((days, *divmod(rest, 60)), words, between)


def site_clock(minutes: int, style: int) -> str:
    """``minutes`` in one of the spellings of `clock` or one more that sites have."""
    if style < CLOCK_STYLES:
        return clock(minutes, style)
    if style == CLOCK_STYLES and minutes % 30 == 0 and 60 <= minutes <= 600:
        hours = f"{minutes // 60}{'½' if minutes % 60 else ''}"
        return f"{hours} hour{'' if hours == '1' else 's'}"
    words = (("hr", "hrs"), ("mins", "mins"))
    if style == CLOCK_STYLES + 1:
        # Text for screen readers stands beside the visible abbreviation.
        shown = " minutes mins" if minutes % 2 else " minutes minutes"
        words = ((" hour hr", " hours hrs"), (shown, shown))
    return _counted(divmod(minutes, 60), words, " ")


SPOKEN: dict[int, list[str]] = {int(minutes): said for minutes, said in _WORDS.spoken.items()}


def spoken(minutes: int, rng: Random) -> str:
    """``minutes`` as written in a sentence: 75 -> "an hour and a quarter"."""
    if minutes in SPOKEN and rng.random() < 0.7:
        return rng.choice(SPOKEN[minutes])
    return clock(minutes, rng.choice((0, 1, 1, 2)))


def respell_fractions(line: str, style: str) -> str:
    """``style``: "sign" (1½), "spaced" (1 ½), "ascii" (1 1/2), "slash" (1 1⁄2, U+2044)."""
    if style in ("ascii", "slash"):
        line = re.sub(rf"(?<=\d)\s?(?=[{FRACTION_SIGNS}])", " ", line)
        line = re.sub(f"[{FRACTION_SIGNS}]", lambda match: FRACTIONS[match.group()], line)
        return re.sub(r"(?<=\d)/(?=\d)", "\u2044", line) if style == "slash" else line
    line = re.sub(
        r"(?<![\d/])([1-7]/[2348])(?![\d/])",
        lambda match: _ASCII_FRACTIONS.get(match.group(), match.group()),
        line,
    )
    between = "" if style == "sign" else " "
    return re.sub(rf"(?<=\d)\s?(?=[{FRACTION_SIGNS}])", between, line)


def decimal(amount: str) -> str:
    """ "1½" or "1 1/2" -> "1.5"."""
    return fractions_as_decimals(respell_fractions(amount.strip(), "ascii").strip())


def respell_units(line: str, style: int) -> str:
    """Units after a number in one of six spellings; style 0 spells them out."""
    return _UNIT_WORD.sub(lambda match: _WORDS.units[match.group()][style], line)


def add_metric(line: str) -> str:
    """ "1 cup milk" -> "1 cup (240 ml) milk"; other lines are unchanged.

    A US cup is 236.6 ml; blogs round it to 240.
    """
    match = _METRIC_CUP.match(line)
    if not match:
        return line
    millilitres = round(float(decimal(match.group(1))) * 240)
    return f"{match.group()} ({millilitres} ml){line[match.end() :]}"


def respell_note(line: str, style: str) -> str:
    """The preparation after the first comma as "comma" (unchanged), "paren" or "bare"."""
    head, comma, note = line.partition(", ")
    if not comma or style == "comma" or "(" in line or ")" in line or "," in note:
        return line
    return f"{head} ({note})" if style == "paren" else f"{head} {note}"


_DEGREES = re.compile(r"(\d{3}) degrees F(?:ahrenheit)?(?: \((\d{2,3}) degrees C\))?")


def respell_degrees(text: str, style: int) -> str:
    """ "350 degrees F (175 degrees C)" in one of four spellings; 0 leaves it unchanged."""
    if style == 0:
        return text

    def write(match: re.Match[str]) -> str:
        fahrenheit, celsius = match.group(1), match.group(2)
        if style == 1:
            return f"{fahrenheit}°F" + (f" ({celsius}°C)" if celsius else "")
        return f"{fahrenheit}°F" if style == 2 else f"{fahrenheit}F"

    return _DEGREES.sub(write, text)


_SERVINGS = re.compile(r"^(\d+(?:\s?(?:-|–|to|or)\s?\d+)?) servings?$")


def yield_line(recipe_yield: str, rng: Random) -> str:
    """The line of a card for a yield: "4 servings" -> "Serves: 4", "10 burritos" -> "Makes 10 burritos"."""
    match = _SERVINGS.match(recipe_yield)
    if match:
        return rng.choice(_WORDS.yield_servings).format(n=match.group(1))
    return rng.choice(_WORDS.yield_items).format(n=recipe_yield)


def misspell(sentence: str, rng: Random) -> str:
    """Swap two letters inside a longer word of ``sentence`` (prose only, never label lines)."""
    words = sentence.split(" ")
    long_words = [i for i, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long_words:
        return sentence
    i = rng.choice(long_words)
    at = rng.randrange(1, len(words[i]) - 2)
    word = words[i]
    words[i] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)
