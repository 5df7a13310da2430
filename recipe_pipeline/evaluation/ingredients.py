"""Do two ingredient lines have the same amount, unit and ingredient name?

Lines are parsed by one of two libraries:

- ``ingredient-parser`` (package ingredient-parser-nlp): a trained sequence model, the more accurate
  one. It needs NLTK's English part-of-speech tagger, which it downloads once from the internet.
- ``ingredient-slicer``: rules, no data files, so it works offline.

"auto" uses the first if its data is installed, else the second. Scores of different parsers are not
comparable, so the summary names the one that was used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.text.ingredient_line import parser_is_ready
from recipe_pipeline.text.match import SAME_LINE_RATIO, similarity
from recipe_pipeline.text.normalise import tokenise
from recipe_pipeline.text.numbers import decimal
from recipe_pipeline.text.vocabulary import UNIT_OF

READERS = ("auto", "ingredient-parser", "ingredient-slicer", "off")

_UNIT_OF = {**UNIT_OF, "c": "cup"}


@dataclass(frozen=True)
class IngredientReading:
    """The parts of a line, "" for a missing one. ``quantity`` is decimal text."""

    quantity: str
    unit: str
    name: str


def resolve_reader(name: str) -> str:
    """The reader to use for "auto"; other names are checked.

    Raises PipelineError when the reader is not installed or lacks its data.
    """
    if name not in READERS:
        raise PipelineError(f"unknown ingredient reader {name!r}: use one of {', '.join(READERS)}")
    if name == "off":
        return name
    if name != "ingredient-slicer" and parser_is_ready():
        return "ingredient-parser"
    if name == "ingredient-parser":
        raise PipelineError(
            "ingredient-parser needs NLTK's tagger: run 'python -m nltk.downloader "
            "averaged_perceptron_tagger_eng' once, or use --ingredient-reader ingredient-slicer"
        )
    if find_spec("ingredient_slicer") is None:
        raise PipelineError(
            "the package ingredient-slicer is missing: pip install -r requirements-finetune.txt, "
            "or use --ingredient-reader off"
        )
    return "ingredient-slicer"


def agreement(pairs: Iterable[tuple[str, str]], reader: str) -> dict[str, tuple[float, float]]:
    """Metrics "quantity", "unit" and "ingredient_name" as (agreeing pairs, pairs).

    Lines that are equal after normalisation agree without being parsed. A part that both lines
    lack agrees; one that only one of them has does not.
    """
    read = _reader(reader)
    total = quantity = unit = name = 0
    for predicted, gold in pairs:
        total += 1
        if tokenise(predicted) == tokenise(gold):
            quantity, unit, name = quantity + 1, unit + 1, name + 1
            continue
        left, right = read(predicted), read(gold)
        quantity += left.quantity == right.quantity
        unit += left.unit == right.unit
        name += similarity(left.name, right.name) >= SAME_LINE_RATIO
    counted = {"quantity": quantity, "unit": unit, "ingredient_name": name}
    return {key: (float(value), float(total)) for key, value in counted.items()}


def _reader(name: str) -> Callable[[str], IngredientReading]:
    return {"ingredient-parser": _read_with_parser, "ingredient-slicer": _read_with_slicer}[name]


@lru_cache(maxsize=65536)
def _read_with_parser(line: str) -> IngredientReading:
    from ingredient_parser import parse_ingredient

    parsed = parse_ingredient(line, string_units=True)
    amounts = [part for amount in parsed.amount for part in getattr(amount, "amounts", [amount])]
    quantity = " ".join(_quantity(amount) for amount in amounts[:1])
    unit = _unit(str(amounts[0].unit)) if amounts else ""
    return IngredientReading(quantity, unit, " ".join(name.text for name in parsed.name or ()))


def _quantity(amount: Any) -> str:
    low, high = (_decimal(value) for value in (amount.quantity, amount.quantity_max))
    return low if low == high else f"{low}-{high}"


@lru_cache(maxsize=65536)
def _read_with_slicer(line: str) -> IngredientReading:
    from ingredient_slicer import IngredientSlicer

    try:
        parsed = IngredientSlicer(line)
        quantity, unit, food = parsed.quantity(), parsed.unit(), parsed.food()
    except Exception:
        # The rules raise KeyError, TypeError, ZeroDivisionError and others on unusual lines; such
        # a line counts as a name only.
        return IngredientReading("", "", line)
    return IngredientReading(_decimal(quantity), _unit(unit or ""), food or line)


def _decimal(value: Any) -> str:
    """Fraction, number or numeral as decimal text with three places: Fraction(1, 3) -> "0.333"."""
    try:
        return decimal(float(value))
    except (TypeError, ValueError):
        return str(value or "").strip().lower()


def _unit(text: str) -> str:
    """One name for all spellings of a unit, which the parsers leave as written."""
    unit = " ".join(tokenise(text))
    if unit in _UNIT_OF:
        return _UNIT_OF[unit]
    return unit[:-1] if len(unit) > 3 and unit.endswith("s") else unit
