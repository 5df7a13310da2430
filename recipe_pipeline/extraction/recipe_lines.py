"""What a line of a page looks like: an ingredient, a step, a heading, a fact of the recipe's card."""

from __future__ import annotations

import re
from functools import lru_cache

from recipe_pipeline.text.languages import in_english
from recipe_pipeline.text.numbers import FRACTION_SIGNS
from recipe_pipeline.text.stated_times import KINDS
from recipe_pipeline.text.vocabulary import KITCHEN_VERBS, MEASURE

# Few spaces: a text may have thousands of them in a row, and "1" before them.
_MEASURED = rf"(?:\d|[{FRACTION_SIGNS}])\s{{0,3}}[-–]?\s{{0,3}}(?:{MEASURE}|c)\b"
_AMOUNT = re.compile(
    rf"{_MEASURED}"
    rf"|^\W*(?:\d+(?:[./⁄-]\d+)?|[{FRACTION_SIGNS}])+\s+(?:\(?\w+){{1,12}}"
    r"|^\W*(?:an?|one|two|half|some) (?:pinch|handful|dash|bunch|few|little|cup|large|small)\b",
    re.IGNORECASE,
)
# "250 g", "1 1/2", "2-3", "1 (14 oz)" and nothing else
_AMOUNT_ONLY = re.compile(
    rf"^(?:\d+(?:\s*[./⁄,–-]\s*\d+)?|\d+ \d[/⁄]\d|(?:\d+\s*)?[{FRACTION_SIGNS}])\s*(?:{MEASURE}|c)?\.?"
    r"(?: \(.*\))?$",
    re.IGNORECASE,
)
_OPENING = re.compile(rf"^\W*(?:\d|[{FRACTION_SIGNS}]|(?:an?|one|two|half)\b)", re.IGNORECASE)
# Numbers of steps, times, and what posts and comments have.
_ABOUT_PAGE = re.compile(
    r"^\W*\d{1,2}[.)]\s|^\W*\d[\d\s/.,–-]*(?:h|hrs?|hours?|m|mins?|minutes?|days?|weeks?|months?|years?)\b|"
    r"\b(?:19|20)\d\d\b|\b(?:ago|comments?|reviews?|ratings?|votes?|stars?|views|shares|"
    r"min(?:utes?)? read|calories|k?cal|cholesterol|saturated|carbohydrates?|daily value)\b"
    r"|^\W*\d+\s*m?g (?:total |net )?(?:fat|carbs?|protein|sugars?|fib(?:er|re)|sodium)\W*$",
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
# "1. Preheat the oven", "In a large bowl, whisk the eggs". Possessive, or each sign of a long row of
# them would be tried with each verb.
_IMPERATIVE = re.compile(
    r"^\W*+(?:(?:step\s*)?\d{1,2}[.):\s]\W*)?(?:(?:in|using|with|on|to|when|once|while)\b[^.]{0,80}, )?"
    rf"(?:{'|'.join(KITCHEN_VERBS.split())})\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"^\W*(?:(?:prep(?:aration)?|cook(?:ing)?|bak(?:e|ing)|total|active|inactive|additional|"
    r"rest(?:ing)?|chill(?:ing)?|marinat(?:e|ing)|ris(?:e|ing)|proof(?:ing)?|freez(?:e|ing)|"
    r"cool(?:ing)?|soak(?:ing)?|hands[- ]on|waiting|standing|grill(?:ing)?|roast(?:ing)?|"
    r"fry(?:ing)?|start to finish)(?:\s+time)?|ready in|takes|time|duration|(?:number of )?"
    r"servings?(?: size)?|serves|yields?|makes|portions?|recipe (?:yield|makes|serves))\W*$",
    re.IGNORECASE,
)
_VALUE = re.compile(
    r"^\W*(?:about |approx\w*\.? |around |up to |from |under |makes |serves )?"
    rf"(?:\d|[{FRACTION_SIGNS}]|(?:an?|one|two|three|four|six|eight|ten|twelve|half an)\b).{{0,45}}$",
    re.IGNORECASE,
)
_UNIT = r"(?:days?|hours?|hrs?|h|minutes?|mins?|m)\b"
_DURATION = rf"\d[\d\s./½¼¾–-]{{0,10}}{_UNIT}"
_TIMES = {
    # "Prep time: 5 min" anywhere, "Prep 5 min" in a line of its own, "5 min prep".
    kind: re.compile(
        rf"\b{words}\s+times?\b.{{0,20}}?{_DURATION}|^\W*{words}\W{{0,5}}{_DURATION}.{{0,15}}$"
        rf"|{_DURATION}\s+{words}\b",
        re.IGNORECASE,
    )
    for kind, words in KINDS.items()
} | {
    "ready": re.compile(
        rf"\b(?:ready in|takes|start to finish)\W{{0,3}}{_DURATION}"
        rf"|^\W*(?:time|duration)\W{{1,4}}{_DURATION}.{{0,15}}$",
        re.IGNORECASE,
    ),
    "yield": re.compile(
        r"\b(?:serves|servings?|yields?|makes|portions?|feeds)\b\W{0,5}(?:about |approx\w* )?\d"
        r"|\d\s*(?:servings?|portions?|people)\b",
        re.IGNORECASE,
    ),
}
_TIME_UNIT = re.compile(rf"(?<=[\d\s]){_UNIT}", re.IGNORECASE)
# For `line_score`, which is more lenient than the other functions.
_WITH_UNIT = re.compile(_MEASURED, re.IGNORECASE)
_LEADING_NUMBER = re.compile(rf"^\s*(?:[-*•▢☐]\s*)?(?:\d+(?:[./]\d+)?|[{FRACTION_SIGNS}])\s")
_LIKE_HEADING = re.compile(
    r"^\W*(?:ingredients|directions|instructions|method|preparation|steps|you(?:'|’)?ll need|"
    r"what you need|how to make|for the \w+)\b.{0,40}$",
    re.IGNORECASE,
)
_LIKE_FACT = re.compile(
    r"\b(?:prep|cook|total|active)(?:\s+time)?\b|\b(?:serves|servings|yields?|makes)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:preheat|heat|bake|boil|simmer|stir|whisk|mix|combine|add|pour|chop|slice|fold|beat|fry|"
    r"saut[eé]|roast|grill|drain|cover|serve|season|sprinkle|knead|chill|melt|spread|place)\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"\b(?:reply|says:|says|commented|posted by|rating:|stars?)\b", re.IGNORECASE)
_LONGEST_INGREDIENT = 160
_LONGEST_HEADING = 70
_LONGEST_FACT = 120
_SHORTEST_STEP = 20
_STEP_WORDS = 8
_BRIEF = (
    3  # words of a fact that begins with its number: "2 servings", but "2 servings of cold rice"
)


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


def is_amount(line: str) -> bool:
    """Whether ``line`` is an amount without its food."""
    return bool(_AMOUNT_ONLY.match(line))


def line_score(line: str) -> float:
    """How much ``line`` looks like part of a recipe; 0 for stories and navigation."""
    if _LIKE_HEADING.match(line):
        return 4.0
    score = 2.0 * bool(_WITH_UNIT.search(line)) + 1.0 * bool(_LEADING_NUMBER.match(line))
    score += min(3, len(_VERB.findall(line))) * 0.75
    score += 1.0 * bool(_LIKE_FACT.search(line) and len(line) < 80)
    if _COMMENT.search(line):
        score *= 0.05
    return score


@lru_cache(maxsize=4096)
def is_step(line: str) -> bool:
    """Whether ``line`` looks like a step of a method."""
    if len(line) < _SHORTEST_STEP:
        return False
    return is_imperative(line) or line_score(line[:2000]) >= 1.5


def is_imperative(line: str) -> bool:
    """Whether ``line`` opens with what to do: "1. Preheat the oven"."""
    return bool(_IMPERATIVE.match(line))


def is_ingredient_heading(line: str) -> bool:
    """Whether ``line`` is a heading above a list of ingredients."""
    return len(line) < _LONGEST_HEADING and bool(_INGREDIENT_HEADING.match(in_english(line)))


def is_method_heading(line: str) -> bool:
    """Whether ``line`` is a heading above the steps."""
    return len(line) < _LONGEST_HEADING and bool(_METHOD_HEADING.match(in_english(line)))


def is_fact(line: str) -> bool:
    """Whether ``line`` gives a time or the yield, or is the label of one."""
    return bool(fact_kinds(line)) or (len(line) < _LONGEST_HEADING and is_label(line))


@lru_cache(maxsize=4096)
def is_label(line: str) -> bool:
    """Whether ``line`` is the label of a time or the yield."""
    return bool(_LABEL.match(in_english(line)))


def is_value(line: str) -> bool:
    """Whether ``line`` may be what belongs to a label."""
    return bool(_VALUE.match(in_english(line)))


def is_told(line: str) -> bool:
    """Whether ``line`` is a step rather than an ingredient."""
    ends = line.rstrip().endswith((".", "!"))
    return (
        len(line.split()) >= _STEP_WORDS and ends and is_step(line) and not opens_with_amount(line)
    )


def is_card_fact(line: str) -> bool:
    """Whether ``line``, in a list of ingredients, is a time, the yield or a number."""
    fact = is_fact(line) and (not line[:1].isdigit() or len(line.split()) <= _BRIEF)
    return fact or (line[:1].isdigit() and not re.search(r"[^\W\d_]", _TIME_UNIT.sub("", line)))


@lru_cache(maxsize=4096)
def fact_kinds(line: str) -> frozenset[str]:
    """What a short ``line`` gives with a label: ``prep``, ``cook``, ``total``, ``ready``, ``yield``."""
    if len(line) > _LONGEST_FACT:
        return frozenset()
    english = in_english(line)
    return frozenset(kind for kind, pattern in _TIMES.items() if pattern.search(english))
