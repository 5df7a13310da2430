"""What a line of a page looks like: an ingredient, a step, a heading, a fact of the recipe's card."""

from __future__ import annotations

import re
from functools import lru_cache

from recipe_pipeline.extraction.window import line_score
from recipe_pipeline.text.numbers import FRACTION_SIGNS
from recipe_pipeline.text.vocabulary import MEASURE

_AMOUNT = re.compile(
    rf"(?:\d|[{FRACTION_SIGNS}])\s*[-–]?\s*(?:{MEASURE}|c|T)\b\.?"
    rf"|^\W*(?:\d+(?:[./⁄-]\d+)?|[{FRACTION_SIGNS}])+\s+(?:\(?\w+){{1,12}}"
    r"|^\W*(?:an?|one|two|half|some) (?:pinch|handful|dash|bunch|few|little|cup|large|small)\b",
    re.IGNORECASE,
)
_OPENING = re.compile(rf"^\W*(?:\d|[{FRACTION_SIGNS}]|(?:an?|one|two|half)\b)", re.IGNORECASE)
# Of posts and comments, not of recipes.
_ABOUT_PAGE = re.compile(
    r"\b(?:19|20)\d\d\b|\b(?:ago|comments?|reviews?|ratings?|votes?|stars?|views|shares|"
    r"min(?:utes?)? read)\b",
    re.IGNORECASE,
)
_INGREDIENT_HEADING = re.compile(
    r"^\W*(?:\w+\s+){0,3}(?:ingredients?|what you need|(?:what )?you(?:'|’)?ll need)\b.{0,30}$",
    re.IGNORECASE,
)
_METHOD_HEADING = re.compile(
    r"^\W*(?:\w+\s+){0,3}(?:directions?|instructions?|method|preparation|steps|how to make.{0,40})"
    r"\W*$",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"^\W*(?:(?:prep(?:aration)?|cook(?:ing)?|bak(?:e|ing)|total|active|inactive|additional|"
    r"rest(?:ing)?|chill(?:ing)?|marinat(?:e|ing)|ris(?:e|ing)|proof(?:ing)?|freez(?:e|ing)|"
    r"cool(?:ing)?|soak(?:ing)?|hands[- ]on|waiting|standing|grill(?:ing)?|roast(?:ing)?|"
    r"fry(?:ing)?|start to finish)(?:\s+time)?|ready in|takes|time|duration|(?:number of )?"
    r"servings?(?: size)?|serves|yields?|makes|portions?|recipe (?:yield|makes|serves))\W*$",
    re.IGNORECASE,
)
VALUE = re.compile(
    r"^\W*(?:about |approx\w*\.? |around |up to |from |under |makes |serves )?"
    rf"(?:\d|[{FRACTION_SIGNS}]|(?:an?|one|two|three|four|six|eight|ten|twelve|half an)\b).{{0,45}}$",
    re.IGNORECASE,
)
_UNIT = r"(?:days?|hours?|hrs?|h|minutes?|mins?|m)\b"
_TIME = re.compile(
    r"\b(?:prep(?:aration)?|cook(?:ing)?|bak(?:e|ing)|total|active|ready in|time|takes)\b"
    rf".{{0,25}}?\d[\d\s./½¼¾–-]{{0,10}}{_UNIT}"
    rf"|\d\s*{_UNIT}\W{{0,3}}(?:prep|cook|total|bak|active)",
    re.IGNORECASE,
)
_YIELD = re.compile(
    r"\b(?:serves|servings?|yields?|makes|portions?|feeds)\b\W{0,5}(?:about |approx\w* )?\d"
    r"|\d\s*(?:servings?|portions?|people)\b",
    re.IGNORECASE,
)
_LONGEST_INGREDIENT = 160
_LONGEST_HEADING = 70
_LONGEST_FACT = 120
_SHORTEST_STEP = 30


@lru_cache(maxsize=4096)
def is_ingredient(line: str) -> bool:
    """Whether ``line`` looks like an ingredient with its amount."""
    return (
        len(line) < _LONGEST_INGREDIENT
        and bool(_AMOUNT.search(line))
        and not _ABOUT_PAGE.search(line)
        and not is_fact(line)
    )


def opens_with_amount(line: str) -> bool:
    """Whether ``line`` begins with the amount of an ingredient, as in a list of them."""
    return bool(_OPENING.match(line)) and is_ingredient(line)


@lru_cache(maxsize=4096)
def is_step(line: str) -> bool:
    """Whether ``line`` looks like a step of a method."""
    return len(line) > _SHORTEST_STEP and line_score(line[:2000]) >= 1.5


def is_ingredient_heading(line: str) -> bool:
    """Whether ``line`` is a heading above a list of ingredients."""
    return len(line) < _LONGEST_HEADING and bool(_INGREDIENT_HEADING.match(line))


def is_method_heading(line: str) -> bool:
    """Whether ``line`` is a heading above the steps."""
    return len(line) < _LONGEST_HEADING and bool(_METHOD_HEADING.match(line))


def is_fact(line: str) -> bool:
    """Whether ``line`` gives a time or the yield, or is the label of one."""
    return len(line) < _LONGEST_FACT and (
        has_time(line) or has_yield(line) or bool(LABEL.match(line))
    )


def has_time(text: str) -> bool:
    """Whether ``text`` gives a time with its label."""
    return bool(_TIME.search(text))


def has_yield(text: str) -> bool:
    """Whether ``text`` gives the yield with its label."""
    return bool(_YIELD.search(text))
