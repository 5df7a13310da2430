"""Do two ingredient lines name the same amount, unit and ingredient?

Lines are read by one of two libraries:

- ``ingredient-parser`` (package ingredient-parser-nlp): a trained sequence model, the better
  reader. It needs NLTK's English part-of-speech tagger, which it downloads once from the internet.
- ``ingredient-slicer``: rules, no data files, so it works on a machine without internet.

"auto" takes the first if its data is already there, else the second; which one was used stands in
the summary, because numbers of different readers are not comparable.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.text.match import SAME_LINE_RATIO, similarity, tokenise

READERS = ("auto", "ingredient-parser", "ingredient-slicer", "off")

_TAGGER = "taggers/averaged_perceptron_tagger_eng/averaged_perceptron_tagger_eng.weights.json"

# Both spellings of a unit are the same unit; the readers leave some of them as written.
_UNITS = {
    "tablespoon": ("tbsp", "tbs", "tbl", "tbsps", "tbls", "t."),
    "teaspoon": ("tsp", "tsps"),
    "ounce": ("oz", "ozs"),
    "pound": ("lb", "lbs"),
    "gram": ("g", "gr", "gm", "gms"),
    "kilogram": ("kg", "kgs", "kilo"),
    "milliliter": ("ml", "millilitre", "mls"),
    "liter": ("l", "litre"),
    "cup": ("c",),
    "pint": ("pt",),
    "quart": ("qt", "qts"),
    "package": ("pkg", "packet", "pack"),
}
_CANONICAL_UNIT = {short: unit for unit, shorts in _UNITS.items() for short in shorts}


@dataclass(frozen=True)
class IngredientReading:
    """What a reader found in a line; "" for what is not there. ``quantity`` is decimal text."""

    quantity: str
    unit: str
    name: str


def resolve_reader(wish: str) -> str:
    """``auto`` -> the reader that can work here; other names are checked.

    Raises PipelineError when the wanted reader is not installed or lacks its data.
    """
    if wish not in READERS:
        raise PipelineError(f"unknown ingredient reader {wish!r}: use one of {', '.join(READERS)}")
    if wish in ("off", "ingredient-slicer"):
        return wish if wish == "off" else _checked_slicer()
    if _parser_is_ready():
        return "ingredient-parser"
    if wish == "auto":
        return _checked_slicer()
    raise PipelineError(
        "ingredient-parser needs NLTK's tagger: run 'python -m nltk.downloader "
        "averaged_perceptron_tagger_eng' once, or use --ingredient-reader ingredient-slicer"
    )


def _checked_slicer() -> str:
    from importlib.util import find_spec

    if find_spec("ingredient_slicer") is None:
        raise PipelineError(
            "the package ingredient-slicer is missing: pip install -r requirements-finetune.txt, "
            "or use --ingredient-reader off"
        )
    return "ingredient-slicer"


def _parser_is_ready() -> bool:
    """Installed, and its tagger is on the disk (importing it without would start a download)."""
    from importlib.util import find_spec

    return find_spec("ingredient_parser") is not None and any(
        (folder / _TAGGER).is_file() for folder in _nltk_folders()
    )


def _nltk_folders() -> list[Path]:
    """Where NLTK looks for data (https://www.nltk.org/data.html), without its import of seconds."""
    named = [Path(text) for text in os.environ.get("NLTK_DATA", "").split(os.pathsep) if text]
    roots = [Path(sys.prefix), Path("/usr"), Path("/usr/local")]
    shared = [
        root / part for root in roots for part in ("nltk_data", "share/nltk_data", "lib/nltk_data")
    ]
    if appdata := os.environ.get("APPDATA"):
        shared.append(Path(appdata) / "nltk_data")
    return [*named, Path.home() / "nltk_data", *shared]


def agreement(pairs: Iterable[tuple[str, str]], reader: str) -> dict[str, tuple[float, float]]:
    """Metrics "quantity", "unit" and "ingredient_name" as (agreeing pairs, pairs).

    Lines that are the same after normalisation agree without being read: a reader is deterministic.
    A fact that neither line has agrees; one that only one of them has does not.
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
        # Rules meet lines their author did not think of (KeyError, TypeError, ZeroDivisionError,
        # ...); such a line is read as a name alone.
        return IngredientReading("", "", line)
    return IngredientReading(_decimal(quantity), _unit(unit or ""), food or line)


def _decimal(value: Any) -> str:
    """Fraction, number or numeral as decimal text with three places: Fraction(1, 3) -> "0.333"."""
    try:
        return f"{float(value):.3f}".rstrip("0").rstrip(".")
    except (TypeError, ValueError):
        return str(value or "").strip().lower()


def _unit(text: str) -> str:
    unit = " ".join(tokenise(text))
    unit = unit[:-1] if len(unit) > 3 and unit.endswith("s") else unit
    return _CANONICAL_UNIT.get(unit, unit)
