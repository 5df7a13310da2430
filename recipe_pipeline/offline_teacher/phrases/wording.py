"""How people write times, yields and amounts; deterministic given the ``Random``."""

from __future__ import annotations

import re
from random import Random

from recipe_pipeline.text.numbers import FRACTION_SIGNS, FRACTIONS

_ASCII_FRACTIONS = {ascii_form: sign for sign, ascii_form in FRACTIONS.items()}

_UNIT_FORMS = {
    "tablespoon": ("tablespoon", "tbsp", "Tbsp", "Tbsp.", "T", "tbs"),
    "tablespoons": ("tablespoons", "tbsp", "Tbsp", "Tbsp.", "T", "tbs"),
    "teaspoon": ("teaspoon", "tsp", "tsp", "tsp.", "t", "tsp"),
    "teaspoons": ("teaspoons", "tsp", "tsp", "tsp.", "t", "tsp"),
    "ounce": ("ounce", "oz", "oz", "oz.", "oz", "oz"),
    "ounces": ("ounces", "oz", "oz", "oz.", "oz", "oz"),
    "pound": ("pound", "lb", "lb", "lb.", "lb", "lb"),
    "pounds": ("pounds", "lbs", "lb", "lbs.", "lbs", "lb"),
    "cup": ("cup", "cup", "cup", "cup", "C", "c"),
    "cups": ("cups", "cups", "cups", "cups", "C", "c"),
    "grams": ("grams", "g", "g", "g", "g", "g"),
    "milliliters": ("milliliters", "ml", "ml", "ml", "mL", "ml"),
}
UNIT_STYLES = 6
_UNIT_WORD = re.compile(
    rf"(?<=[\d{FRACTION_SIGNS}] )(" + "|".join(sorted(_UNIT_FORMS, key=len, reverse=True)) + r")\b"
)
_METRIC_CUP = re.compile(
    r"^(\d+|½|¼|¾|1/2|1/4|3/4|1 ?½|1 1/2)( cups?)(?= (?:\w+ ){0,2}"
    r"(?:milk|water|broth|stock|cream|oil|juice|buttermilk|wine)\b)"
)
_CUP_MILLILITRES = {"½": 120, "1/2": 120, "¼": 60, "1/4": 60, "¾": 180, "3/4": 180,
                    "1½": 360, "1 ½": 360, "1 1/2": 360}  # fmt: skip


def _days_hours_minutes(minutes: int) -> tuple[int, int, int]:
    days, rest = divmod(minutes, 1440)
    return days, rest // 60, rest % 60


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


# (day, hour, minute) words as (singular, plural), and the separator of the parts.
_CLOCK_FORMS = (
    (("day", "days"), ("hour", "hours"), ("minute", "minutes"), " "),
    (("day", "days"), ("hour", "hours"), ("minutes", "minutes"), " and "),
    (("day", "days"), ("hr", "hrs"), ("min", "mins"), " "),
    (("day", "days"), ("hr", "hr"), ("min", "min"), " "),
    (("Day", "Days"), ("Hr", "Hrs"), ("Min", "Min"), " "),
    (("day", "days"), ("hour", "hours"), ("mins", "mins"), ", "),
)
CLOCK_STYLES = len(_CLOCK_FORMS) + 2


def clock(minutes: int, style: int) -> str:
    """``minutes`` as written on a card, in one of ``CLOCK_STYLES`` spellings.

    75 -> "1 hour 15 minutes", "1 hr 15 mins", "1h 15m", "75 minutes", ...
    """
    if style == len(_CLOCK_FORMS):
        days, hours, left = _days_hours_minutes(minutes)
        parts = [f"{days}d"] * bool(days) + [f"{hours}h"] * bool(hours) + [f"{left}m"] * bool(left)
        return " ".join(parts)
    if style > len(_CLOCK_FORMS):
        if minutes <= 180:
            return _counted(minutes, "minute", "minutes")
        style = 0
    day_words, hour_words, minute_words, between = _CLOCK_FORMS[style]
    days, hours, left = _days_hours_minutes(minutes)
    parts = [_counted(days, *day_words)] * bool(days)
    parts += [_counted(hours, *hour_words)] * bool(hours)
    parts += [_counted(left, *minute_words)] * bool(left)
    return between.join(parts)


SITE_CLOCK_STYLES = CLOCK_STYLES + 3


def site_clock(minutes: int, style: int) -> str:
    """``minutes`` in one of the spellings of `clock` or one more that sites have."""
    if style < CLOCK_STYLES:
        return clock(minutes, style)
    if style == CLOCK_STYLES and minutes % 30 == 0 and 60 <= minutes <= 600:
        hours = f"{minutes // 60}{'½' if minutes % 60 else ''}"
        return f"{hours} hour{'' if hours == '1' else 's'}"
    if style == CLOCK_STYLES + 1:
        # Text for screen readers stands beside the visible abbreviation.
        hours, left = divmod(minutes, 60)
        parts = [f"{hours} hour{'s' * (hours > 1)} hr{'s' * (hours > 1)}"] * bool(hours)
        return " ".join(
            parts + [f"{left} minutes {'mins' if minutes % 2 else 'minutes'}"] * bool(left)
        )
    hours, left = divmod(minutes, 60)
    return " ".join([f"{hours}hr{'s' * (hours > 1)}"] * bool(hours) + [f"{left}mins"] * bool(left))


SPOKEN = {
    30: ("half an hour", "30 minutes", "thirty minutes"),
    45: ("45 minutes", "forty-five minutes", "three quarters of an hour"),
    60: ("an hour", "one hour", "60 minutes"),
    75: ("an hour and a quarter", "1 hour and 15 minutes", "75 minutes"),
    90: ("an hour and a half", "1 1/2 hours", "90 minutes"),
    120: ("two hours", "2 hours"),
    150: ("two and a half hours", "2 1/2 hours"),
    5: ("five minutes", "5 minutes"),
    10: ("ten minutes", "10 minutes"),
    15: ("15 minutes", "fifteen minutes", "a quarter of an hour"),
    20: ("twenty minutes", "20 minutes"),
}


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


def respell_units(line: str, style: int) -> str:
    """Units after a number in one of ``UNIT_STYLES`` spellings; style 0 spells them out."""
    return _UNIT_WORD.sub(lambda match: _UNIT_FORMS[match.group()][style], line)


def add_metric(line: str) -> str:
    """ "1 cup milk" -> "1 cup (240 ml) milk"; other lines are unchanged.

    A US cup is 236.6 ml; blogs round it to 240.
    """
    match = _METRIC_CUP.match(line)
    if not match:
        return line
    amount = match.group(1)
    millilitres = _CUP_MILLILITRES.get(amount) or int(amount) * 240
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


_YIELD_SERVINGS = (
    "Serves {n}", "Serves: {n}", "Servings: {n}", "Yield: {n} servings", "Yield: {n} servings 1x",
    "YIELD — {n} servings", "Makes {n} servings", "{n} servings", "Feeds {n}", "Serves | {n}",
    "SERVES {n}", "Yield {n} serving(s)", "Portions: {n}", "For {n} people", "Servings {n}", "Yield: {n}", "Yield: {n} 1x", "Servings\n{n}", "Serves:\n{n}",
)  # fmt: skip
_YIELD_ITEMS = (
    "Yield: {n}", "Makes {n}", "Makes: {n}", "Yields {n}", "Yields: {n}", "Yield: {n} 1x",
    "Yield — {n}", "Recipe makes {n}", "YIELD: {n}", "Quantity: {n}",
)  # fmt: skip
_SERVINGS = re.compile(r"^(\d+(?:\s?(?:-|–|to|or)\s?\d+)?) servings?$")


def yield_line(recipe_yield: str, rng: Random) -> str:
    """The line of a card for a yield: "4 servings" -> "Serves: 4", "10 burritos" -> "Makes 10 burritos"."""
    match = _SERVINGS.match(recipe_yield)
    if match:
        return rng.choice(_YIELD_SERVINGS).format(n=match.group(1))
    return rng.choice(_YIELD_ITEMS).format(n=recipe_yield)


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
