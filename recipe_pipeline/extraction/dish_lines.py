"""What a line of a page can be in the card of a dish: ingredients, a step, the dish's name, a heading."""

from __future__ import annotations

import re
from dataclasses import dataclass

from recipe_pipeline.extraction.page_lists import opens_section, words_of
from recipe_pipeline.extraction.recipe_lines import (
    is_amount,
    is_fact,
    is_imperative,
    is_ingredient_heading,
    is_label,
    is_method_heading,
    is_step,
    opens_with_amount,
)
from recipe_pipeline.text.numbers import FRACTION_SIGNS
from recipe_pipeline.text.vocabulary import MEASURE

_FEWEST = 3  # ingredients in one line
_SHORT = 60  # characters
_LONGEST_NAME, _MOST_WORDS = 80, 10
_CAPITALS = 0.8  # of the words of a title

_NUMBER = rf"(?:\d+(?:[./⁄]\d+)?\s*[{FRACTION_SIGNS}]?|[{FRACTION_SIGNS}])"
# Bullets, emphasis, emoji: also "1️⃣".
_MARKS = re.compile(rf"^(?:\d\ufe0f?\u20e3|[^\w($£€{FRACTION_SIGNS}])+|[\s*_]+$")
_LIST_LABEL = re.compile(r"^ingredients?\b\W*", re.IGNORECASE)
_BETWEEN = re.compile(rf"\s+[/|·•]\s+|[,;]\s+(?=[\d{FRACTION_SIGNS}])")
# "Brown sugar – 3 tablespoons", "Green tea bags – 4"
_AMOUNT_LAST = re.compile(rf"(?:[-–—:]\s*{_NUMBER}|\s{_NUMBER}\s*(?:{MEASURE}))\W*$", re.IGNORECASE)
_NUTRIENT = (
    r"(?:fat|cholesterol|sodium|potassium|carb\w*|fib(?:er|re)|sugars?|protein|vitamin|calcium|iron|"
    r"magnesium|phosphorus|zinc|folate|energy|calories)\b"
)
_OF_NUTRIENT = r"\s*(?:m?g|(?:milli)?grams?|µg|mcg|iu|k?cal|kj|%)"
_NO_FOOD = re.compile(
    r"[$£€]\s*\d|\d\s*% off"
    rf"|^(?:(?:total|saturated|trans|(?:poly|mono)unsaturated|net|dietary) )*{_NUTRIENT}.{{0,20}}\d{_OF_NUTRIENT}"
    rf"|^[\d.,]+{_OF_NUTRIENT}\s+(?:\w+ )?{_NUTRIENT}"
    r"|^(?:comments?|shares|views|rat(?:ing|ed))\b|\b(?:recipes|thoughts|time)\b"
    # Tools, by their last word
    r"|\b(?:jars?|(?:sauce)?pans?|tins?|racks?|bowls?|jugs?|cutters?|skillets?|spoons?|kni(?:fe|ves)|boards?|"
    r"blenders?|processors?|thermometers?|foil|skewers?|colanders?|dish(?:es)?|pitchers?|pots?|cookers?|"
    r"mixers?|(?:baking|cookie|pastry) sheets?|(?:freezer|piping) bags?|measuring cups?|muffin tins?)\W*$",
    re.IGNORECASE,
)
NO_NAME = re.compile(
    r"^(?:for (?:the|a|an)|to (?:make|serve)|step|day|part|prepping|serving|additional|units?|metric|us\b|"
    r"diet|effort|difficulty|season|region|cuisine|course|category|by|author|photo|tagged|filed|posted|"
    r"video|watch|copy|email|cook ?mode|hide|show|made this|stop|start|try|download|saved?|scale|"
    r"jump|deselect|select|budget|cost|origin|occasion|imperial)\b"
    r"|:\s*\S|\|\s*\d|\d\s*(?:comments?|reviews?|ratings?)|\d\s*%| [·›»] | / .* / ",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][\w'’]*")
_SMALL = {
    "a", "an", "and", "the", "of", "or", "in", "on", "with", "for", "to", "from", "n", "de", "la", "al",
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A line of a page that is not empty, without its marks; ``number`` is that of the line, ``foods``
    are the ingredients in it."""

    number: int
    text: str
    foods: list[str]
    is_step: bool
    is_apart: bool  # below an empty line, and not next to an ingredient

    @property
    def is_instruction(self) -> bool:
        """Whether this is a step beyond doubt."""
        return self.is_step and self.text[-1] in ".!)" and is_imperative(self.text)

    @property
    def is_heading(self) -> bool:
        """Whether this is a heading above ingredients or steps."""
        return is_ingredient_heading(self.text) or is_method_heading(self.text)

    @property
    def may_be_in_list(self) -> bool:
        """Whether this may be a line among the ingredients."""
        return len(self.text) <= _SHORT and not self.is_step and not opens_section(self.text)

    @property
    def may_be_name(self) -> bool:
        """Whether this may be the name of a dish."""
        text = self.text.rstrip(":!")
        return (
            2 <= len(text.split()) <= _MOST_WORDS
            and len(text) <= _LONGEST_NAME
            and text[0].isalpha()
            and text[-1] not in ".,;?"
            and not self.is_step
            and not (opens_section(text) or is_fact(text) or is_label(text) or NO_NAME.search(text))
        )

    @property
    def is_titled(self) -> bool:
        """Whether this may be the name of a dish and is written like a title."""
        return self.may_be_name and is_titled(self.text)


def is_titled(text: str) -> bool:
    """Whether most words of ``text`` begin with a capital, apart from remarks behind it."""
    words = [x for x in _WORD.findall(re.split(r" [({\[]", text)[0]) if x not in _SMALL]
    return sum(word[0].isupper() for word in words) >= _CAPITALS * len(words)


def rows_of(page: str) -> list[Row]:
    """The rows of ``page``. An amount in a line of its own belongs to the line below it."""
    lines = [(n, text) for n, line in enumerate(page.split("\n")) if (text := bare(line))]
    rows = []
    for place, (number, text) in enumerate(lines):
        below = lines[place + 1][1] if place + 1 < len(lines) else ""
        above = lines[place - 1][0] if place else -2
        foods = foods_in(text)
        if not foods and is_amount(text) and not is_amount(below):
            foods = foods_in(f"{text} {below}") if len(below) <= _SHORT else []
        is_told = is_step(text) and not foods and not is_fact(text)
        is_heading = is_ingredient_heading(text) or is_method_heading(text)
        is_told = is_told and (text[-1] in ".!" or not is_heading)
        is_apart = above < number - 1 and not (rows and rows[-1].foods)
        rows.append(Row(number, text, foods, is_told, is_apart))
    return rows


def bare(line: str) -> str:
    """``line`` without bullets, emphasis and emoji around it."""
    return _MARKS.sub("", line)


def foods_in(text: str) -> list[str]:
    """The ingredients in a line: itself, or those of a whole list in one line."""
    parts = [part for part in _BETWEEN.split(_LIST_LABEL.sub("", text)) if part]
    foods = [part for part in parts if _is_food(part)]
    if len(parts) >= _FEWEST and 2 * len(foods) >= len(parts):
        return foods
    return [text] if _is_food(text) else []


def food_words(food: str) -> set[str]:
    """The words of an ingredient, without its amount and what is said about it."""
    return set(words_of(re.split(r" [–—-] (?!\d)| \(", food)[0]))


def _is_food(text: str) -> bool:
    if _NO_FOOD.search(text) or not words_of(text) or is_ingredient_heading(text) or is_fact(text):
        return False
    if opens_with_amount(text):
        return text[-1] not in ".!" or len(text) <= _SHORT
    brief = len(text) <= _SHORT and text[-1] not in ".!"
    amount = _AMOUNT_LAST.search(text) if brief else None
    return bool(amount and not is_label(text[: amount.start()]))
