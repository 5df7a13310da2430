"""Ingredient lines and steps in the units of other countries.

Weights of a cup are those of common tables, rounded: the label repeats whatever the line says.
"""

from __future__ import annotations

import re
from random import Random

from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.recipe.content import Content
from recipe_pipeline.text.numbers import FRACTION_SIGNS

_MEASURE = re.compile(
    rf"^((?:\d+ )?\d+/\d+|\d*[ ]?[{FRACTION_SIGNS}]|\d+(?:\.\d+)?) "
    r"(cups?|C|c|pounds?|lbs?\.?|ounces?|oz\.?) (?=[^\W\d])(.+)$"
)
_CUP_GRAMS = (
    (r"\b(?:water|milk|broth|stock|cream|oil|juice|buttermilk|wine|vinegar|beer|sauce|puree)\b", 240),
    (r"\bflour\b", 125), (r"\bsugar\b", 200), (r"\bbutter\b", 225), (r"\b(?:rice|lentils|beans|oats)\b", 190),
)  # fmt: skip
_OVEN = re.compile(
    r"\b(\d{3})(?: degrees F(?:ahrenheit)?|°F|F)(?: \(\d{2,3}(?: degrees C|°C)\))?(?![A-Za-z])"
)
_ALONE = ("{m} {food}", "{m} {food}", "{t} {food}")
_BOTH = (
    "{given} ({m}) {food}", "{m} ({given}) {food}", "{given} / {m} {food}", "{m} / {given} {food}",
    "{given} ({t}) {food}", "{m}/{given} {food}", "{food}, {given} ({m})",
)  # fmt: skip
_OVEN_FORMS = ("{c}°C", "{c}°C/{f}°F", "{c}C/{fan}C fan/gas {gas}", "{c}°C ({fan}°C fan-forced)", "gas mark {gas} ({c}°C)", "{c} degrees")  # fmt: skip


def _metric(amount: str, unit: str, food: str) -> str:
    """ "1½", "cups", "milk" -> "360 ml"; "" if the amount cannot be read."""
    try:
        count = float(wording.decimal(amount))
    except ValueError:
        return ""
    if unit[0] in "pl":
        return f"{round(count * 450)} g"
    if unit[0] == "o":
        return f"{round(count * 28)} g"
    grams = next((g for pattern, g in _CUP_GRAMS if re.search(pattern, food)), 150)
    rounded = max(5, round(count * grams / 5) * 5)
    return f"{rounded} {'ml' if grams == 240 else 'g'}"


def _converted(line: str, form: str) -> str:
    match = _MEASURE.match(line)
    metric = _metric(*match.groups()) if match else ""
    if not metric:
        return line
    amount, unit, food = match.groups()
    tight = metric.replace(" ", "")
    return form.format(m=metric, t=tight, given=f"{amount} {unit}", food=food)


def _heated(line: str, form: str) -> str:
    def write(match: re.Match[str]) -> str:
        fahrenheit = int(match.group(1))
        celsius = round((fahrenheit - 32) / 18) * 10
        gas = min(9, max(1, round((fahrenheit - 250) / 25)))
        return form.format(f=fahrenheit, c=celsius, fan=celsius - 20, gas=gas)

    return _OVEN.sub(write, line)


def _decimals(line: str, _form: str) -> str:
    head = re.match(rf"^(?:\d+ )?\d+/\d+|^\d* ?[{FRACTION_SIGNS}]", line)
    if not head:
        return line
    return wording.decimal(head.group()) + line[head.end() :]


def respelled(content: Content, rng: Random) -> Content:
    """``content``, in some pages with metric units, both systems or decimals."""
    draw = rng.random()
    if draw > 0.34:
        return content
    change, form = _converted, rng.choice(_ALONE if draw < 0.14 else _BOTH)
    if draw > 0.28:
        change = _decimals
    oven = rng.choice(_OVEN_FORMS) if draw < 0.2 else ""
    return content.with_lines(
        ingredients=lambda line: change(line, form),
        steps=lambda line: _heated(line, oven) if oven else line,
    )
