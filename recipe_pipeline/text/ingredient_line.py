"""An ingredient line in parts: "2 cups onions, chopped" -> 2, "cups", "onions", "chopped".

Lines are parsed by ``ingredient-parser`` (package ingredient-parser-nlp), a trained model for English,
if it is installed with its data; else by rules, which do well on lines that begin with the amount.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

from recipe_pipeline.text.normalise import simplify
from recipe_pipeline.text.numbers import FRACTION_SIGNS, NUMBER_WORDS, value_of, without_commas
from recipe_pipeline.text.vocabulary import MEASURE

_TAGGER = "taggers/averaged_perceptron_tagger_eng/averaged_perceptron_tagger_eng.weights.json"

_NUMBER = rf"(?:\d+(?:[.,]\d+)?\s*[{FRACTION_SIGNS}]|\d+\s+\d+\s*[/⁄]\s*\d+|\d+\s*[/⁄]\s*\d+|\d+(?:[.,]\d+)?|[{FRACTION_SIGNS}])"
_WORD = "|".join(sorted((*NUMBER_WORDS, "an", "a"), key=len, reverse=True))
_AMOUNT = re.compile(
    rf"(?:about|approx\.?|ca\.?|~)?\s*(?P<low>{_NUMBER}|(?:{_WORD})\b(?!-))"
    rf"(?:\s*(?:-|–|—|to|or|bis)\s*(?P<high>{_NUMBER}))?(?![-\d.,/])(?!\s*[%°])\s*(?:x\s+)?",
    re.IGNORECASE,
)
_UNIT = re.compile(
    rf"(?P<unit>(?:heaped|heaping|level|scant|generous|large|small|big)?\s*"
    rf"(?:{MEASURE}|c|T|knobs?|splash(?:es)?|drizzles?|sheets?|cubes?|pieces?|drops?|dozen))"
    rf"\b\.?(?!-)\s*(?:of\s+)?",
    re.IGNORECASE,
)
_PARENTHESIS = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*")
_TAIL = re.compile(
    r"\s*(?:,|;|\s[-–—]\s|\s(?=(?:to taste|as needed|for (?:serving|garnish|dusting|frying|greasing|"
    r"the)|plus (?:more|extra)|or to taste|if (?:needed|desired)|optional|peeled|finely|roughly|thinly|coarsely)\b))\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class IngredientParts:
    """``quantity`` None and the other parts "" if the line has none. Of a range, ``quantity`` is the
    lower end, and ``note`` has the range."""

    quantity: float | None
    unit: str
    food: str
    note: str


def split_line(line: str) -> IngredientParts:
    """The parts of an ingredient line."""
    line = " ".join(line.split())
    return _parsed(line) if line and parser_is_ready() else _by_rules(line)


@cache
def parser_is_ready() -> bool:
    """Whether ingredient-parser is installed with NLTK's tagger; importing it without would start a
    download."""
    if find_spec("ingredient_parser") is None:
        return False
    from nltk.data import find

    try:
        find(_TAGGER)
    except LookupError:
        return False
    return True


def _by_rules(line: str) -> IngredientParts:
    notes: list[str] = []
    quantity, unit, rest = None, "", line
    amount = _AMOUNT.match(line)
    if amount:
        rest = line[amount.end() :]
        # "1 (14 oz) can beans": the size is between amount and unit.
        size = _PARENTHESIS.match(rest)
        after = rest[size.end() :] if size else rest
        measure = _UNIT.match(after)
        if size and measure:
            notes.append(size[1].strip())
        if measure and after[measure.end() :].strip(" ,.;"):
            unit, rest = " ".join(measure["unit"].split()), after[measure.end() :]
        quantity = _value(amount["low"])
        if amount["high"]:
            notes.append(line[: amount.end()].strip())
    rest = _PARENTHESIS.sub(lambda match: notes.append(match[1].strip()) or " ", rest)
    food, *tail = _TAIL.split(rest.strip(" ,;"), maxsplit=1)
    food = re.sub(r"^of\s+", "", food).strip(" ,;:")
    if not food:  # nothing but an amount: better a note than half a line
        return IngredientParts(None, "", "", line)
    notes += [part.strip(" ,;") for part in tail]
    return IngredientParts(quantity, unit, food, ", ".join(note for note in notes if note))


def _value(text: str) -> float | None:
    """ "1 1/2", "1½", "2,5", "a" as a number; None for a division by zero."""
    try:
        plain = simplify(re.sub(r"\s*[/⁄]\s*", "/", text))
        return round(value_of(without_commas(plain)), 3)
    except ValueError:
        return None


def _parsed(line: str) -> IngredientParts:
    from ingredient_parser import parse_ingredient

    parsed = parse_ingredient(line, string_units=True)
    amounts = [part for amount in parsed.amount for part in getattr(amount, "amounts", [amount])]
    names = [name.text for name in parsed.name or ()]
    if not names:
        return _by_rules(line)
    parts = (parsed.preparation, parsed.comment, parsed.purpose)
    notes = [str(amount.text) for amount in amounts[1:]]
    notes += [f"or {name}" for name in names[1:]] + [part.text for part in parts if part]
    quantity, unit = None, ""
    if amounts:
        quantity, unit = _number(amounts[0].quantity), str(amounts[0].unit or "")
        if amounts[0].quantity != amounts[0].quantity_max:
            notes.insert(0, str(amounts[0].text))
    food = f"{parsed.size.text} {names[0]}" if parsed.size else names[0]
    return IngredientParts(quantity, unit, food, ", ".join(notes))


def _number(value: Any) -> float | None:
    try:
        return round(float(value), 3)
    except (TypeError, ValueError):
        return None
