"""Ingredient lines: their foods, and the many spellings of the same line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from recipe_pipeline.offline_teacher.phrases import wording
from recipe_pipeline.offline_teacher.phrases.book import forms
from recipe_pipeline.text.numbers import FRACTION_SIGNS

_NUMBER = rf"(?:\d+\s\d+[/⁄]\d+|\d+[/⁄]\d+|\d*\s?[{FRACTION_SIGNS}]|\d+(?:\.\d+)?)"
_AMOUNT = re.compile(
    rf"^{_NUMBER}(?:\s?(?:-|–|to)\s?{_NUMBER})?(?:\s?x\s?{_NUMBER})?\s*(?:\([^)]*\)\s*)?"
)
_UNITS = (
    r"cups?|c|tablespoons?|tbsps?|tbs|T|teaspoons?|tsps?|t|ounces?|oz|fluid ounces?|pounds?|lbs?|grams?|g|kg"
    r"|kilograms?|ml|milliliters?|millilitres?|liters?|litres?|l|quarts?|pints?|gallons?|cans?|packages?"
    r"|packs?|packets?|envelopes?|jars?|bottles?|boxe?s?|bags?|containers?|cloves?|slices?|stalks?|sprigs?"
    r"|heads?|bunch(?:es)?|sheets?|sticks?|pinch(?:es)?|dash(?:es)?|drops?|cubes?|handfuls?|inch(?:es)?|pieces?"
)
_UNIT = re.compile(rf"^(?:{_UNITS})\b\.?\s*(?:\([^)]*\)\s*)?(?:of\s+)?", re.IGNORECASE)
_WORDS = forms("ingredients")
_DESCRIBING = frozenset(_WORDS.describing)


@lru_cache(maxsize=4096)
def food_of(line: str) -> str:
    """The food of a line: "1½ cups shredded Cheddar cheese, divided" -> "Cheddar cheese"."""
    text = _AMOUNT.sub("", line.strip())
    text = _UNIT.sub("", text)
    text = re.sub(r"\([^)]*\)?", " ", text)
    text = re.split(r",| - | – | or | for |;| to taste| as needed|\*", text, maxsplit=1)[0]
    words = text.split()
    while len(words) > 1 and words[0].lower() in _DESCRIBING:
        words.pop(0)
    while len(words) > 1 and words[-1].lower() in _DESCRIBING:
        words.pop()
    return " ".join(words[:4]).strip(" .") or line


def without_amount(line: str) -> str:
    """The line without quantities: "12 eggs" -> "eggs"."""
    text = _UNIT.sub("", _AMOUNT.sub("", line.strip()))
    return text.strip() or line


def split_amount(line: str) -> tuple[str, str]:
    """(amount with unit, the rest): "1½ cups milk" -> ("1½ cups", "milk"); ("", line) without one."""
    rest = without_amount(line)
    amount = line.removesuffix(rest).rstrip()
    return (amount, rest) if amount and f"{amount} {rest}" == line else ("", line)


def has_amount(line: str) -> bool:
    return bool(_AMOUNT.match(line))


@dataclass(frozen=True)
class LineStyle:
    """The way one author writes all ingredient lines."""

    units: int
    fractions: str  # see wording.respell_fractions
    note: str  # "comma", "paren", "bare"
    case: str  # "keep", "lower", "capital"
    metric: bool
    amount_last: str  # separator of food and amount (" – ", ": "); "": amount first
    trim_notes: bool


def draw_line_style(rng: Random, terse: bool = False) -> LineStyle:
    """``terse`` authors (captions) drop the preparation after the comma more often."""
    return LineStyle(
        units=rng.choice((0, 0, 1, 1, 2, 3, 4, 5)),
        fractions=rng.choices(("sign", "spaced", "ascii", "slash"), (10, 10, 20, 1))[0],
        note=rng.choices(("comma", "paren", "bare"), (6, 3, 3))[0],
        case=rng.choices(("keep", "lower", "capital"), (8, 1, 1))[0],
        metric=rng.random() < 0.12,
        amount_last=rng.choice((" – ", ": ", " - ", " ")) if rng.random() < 0.05 else "",
        trim_notes=terse and rng.random() < 0.5,
    )


def _amount_behind(line: str, between: str) -> str:
    """ "2 cups flour" -> "flour – 2 cups"; more complicated lines are unchanged."""
    if "," in line or "(" in line or not has_amount(line):
        return line
    food = without_amount(line)
    amount = line[: len(line) - len(food)].strip()
    if between == " " and not re.search("[A-Za-z]", amount):
        return line
    return f"{food[:1].upper()}{food[1:]}{between}{amount}" if amount else line


def write_line(line: str, style: LineStyle) -> str:
    """``line`` in the author's spelling: a single line without double spaces."""
    line = " ".join(line.split())
    if style.trim_notes and ", " in line and "(" not in line:
        line = line.split(", ")[0]
    line = wording.respell_units(line, style.units)
    if style.metric:
        line = wording.add_metric(line)
    line = wording.respell_fractions(line, style.fractions)
    line = wording.respell_note(line, style.note)
    if style.amount_last:
        line = _amount_behind(line, style.amount_last)
    if style.case == "lower":
        line = line.lower()
    elif style.case == "capital":
        line = line[:1].upper() + line[1:]
    return line


_LIST_NAME = re.compile(r"ingredient|optional|extras|else|need|seasoning", re.IGNORECASE)


def names_a_part(heading: str) -> bool:
    """Whether an ingredient heading also fits above steps ("For the Sauce", not "Extras")."""
    return not _LIST_NAME.search(heading)


def section_names(
    parts: Sequence[Sequence[str]], short: str, main: str, name: str, rng: Random
) -> list[str]:
    """A different heading for each part of an ingredient list; ``name`` is the dish's in full."""
    names = [rng.choice(_WORDS.first_sections).format(short=short, main=main, name=name)]
    for part in parts[1:]:
        text = " ".join(part).lower()
        fitting = [
            heading for pattern, heading in _WORDS.section_patterns if re.search(pattern, text)
        ]
        if rng.random() < 0.35:
            fitting = [f"For the {food_of(rng.choice(part)).title()} {rng.choice(_WORDS.parts)}"]
        use_fitting = fitting and rng.random() < 0.8
        unused = [heading for heading in _WORDS.second_sections if heading not in names]
        free = [heading for heading in fitting if heading not in names] if use_fitting else unused
        names.append(rng.choice(free or unused))
    if names[0] == "Dry Ingredients" and len(names) > 1:
        names[1] = "Wet Ingredients"
    elif "Wet Ingredients" in names:
        names[names.index("Wet Ingredients")] = "Remaining Ingredients"
    return names


def with_repeats(parts: list[list[str]], rng: Random) -> list[list[str]]:
    """In a third of the lists with parts, a later part repeats foods of the first.

    Butter goes into the batter and into the frosting: the same food, or the very same line, appears
    twice in the list, and a model that copies it must keep track of its position.
    """
    if len(parts) < 2 or rng.random() > 0.35:
        return parts
    out = [list(part) for part in parts]
    amounts = [line for line in parts[0] if has_amount(line) and len(line) < 60]
    for line in rng.sample(amounts, min(len(amounts), rng.randint(1, 3))):
        food = without_amount(line)
        repeated = line if rng.random() < 0.4 else f"{rng.choice(_WORDS.second_amounts)} {food}"
        part = out[rng.randrange(1, len(out))]
        part.insert(rng.randint(0, len(part)), repeated)
    return out


def with_bare_foods(lines: list[str], rng: Random) -> list[str]:
    """In some lists one to three foods have no amount ("Maple syrup"), mostly towards the end.

    On two real pages a model that had hardly seen such lines took them for the end of the list.
    """
    if len(lines) < 4 or rng.random() > 0.18:
        return lines
    out = list(lines)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(out) // 3, len(out))
        food = without_amount(out[at])
        out[at] = food[:1].upper() + food[1:]
    return out


def decorate(lines: list[str], rng: Random) -> list[str]:
    """Sometimes adds a remark to the end of one or two lines."""
    if not lines or rng.random() > 0.25:
        return lines
    out = list(lines)
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(out))
        if out[at][-1:].isalpha() and out[at] == lines[at]:
            oil_tails = _WORDS.oil_tails if out[at].lower().endswith(" oil") else []
            out[at] += rng.choice(_WORDS.tails + oil_tails)
    return out
