"""Recipe yields: the numbers in them, whether two of them agree, and where a text states one.

A yield is stated when one of its numbers is next to a yield word (``Serves 4``, ``Yield: 4-6``,
``8 servings``) or next to the yield's own noun (``20 pieces``). The functions that search a text
read the output of `normalise.simplify`.
"""

from __future__ import annotations

import re

from recipe_pipeline.text.languages import in_english
from recipe_pipeline.text.normalise import tokenise
from recipe_pipeline.text.numbers import NUMBER_WORDS

_UP_TO = r"(?:[ \t]*(?:-|to|or)[ \t]*\d+)?"
_LABELLED_YIELD = re.compile(
    r"\b(?:(?:serves|feeds?|yields?|servings|makes)\b(?:\(s\))?[ \t]*[:|-]?|portions[ \t]*:)[ \t]*\n?[ \t]*"
    r"(?:about |approx\w* )?(?P<behind>\d+)"
    rf"|(?<![\d./-])(?P<before>\d+){_UP_TO}[ \t]+servings\b"
    rf"|\bfor (?P<people>\d+){_UP_TO}[ \t]+(?:hungry )?people\b"
    # A shop asks for a "Quantity: 1".
    r"|\bquantity[ \t]*[:|][ \t]*(?P<things>\d+)[ \t]+[a-z\d]"
)
_CARD_YIELD = re.compile(
    r"(?m)^[^\w\n]*(?:(?:yields?|serves|servings|makes|feeds|portions)\b"
    r"(?:\(s\))?[ \t]*[:|-]?[^\w\n]{0,4}\n?"
    rf"[^\w\n]{{0,4}}(?:about |approx\w* )?\d[^\n]{{0,30}}|\d+{_UP_TO}[ \t]*servings?$"
    rf"|(?:enough )?for \d+{_UP_TO}[ \t]+people$|quantity[ \t]*[:|][ \t]*\d+[ \t]+[a-z\d][^\n]{{0,30}})"
    # "The recipe makes 2 cups." "It will easily feed 4 people."
    r"|\b(?:recipe|batch)[ \t](?:makes|yields)[ \t](?:about )?\d[^\n.!]{0,30}"
    r"|\b(?:serves?|feeds?)[ \t](?:about )?\d+[ \t](?:hungry )?people\b"
    rf"|(?<![\d./-])\d+{_UP_TO}[ \t]servings\b"
)
# "Serves: 4", "Yield: 9 brownies 1x", "6 people", "Servings" above "4"
_YIELD_LINE = re.compile(
    r"^[^\w\n]{0,9}(?:(?:(?:recipe )?yields?|serves|servings|serving size|makes|feeds|portions)\b(?:\(s\))?"
    r"(?:[^\w\n]{1,4}(?:(?:makes|serves|about|approx\w*) )*(?P<value>\d[^|\n]{0,40}?)"
    r"|[^\w\n]{0,4}\n[^\w\n]{0,4}(?P<below>\d+(?:[ ]?[-–][ ]?\d+)?(?: servings| people| portions)?))"
    r"|(?P<count>\d+(?:[ ]?[-–][ ]?\d+)? (?:servings|portions|people)))"
    r"(?: (?:1x\b|serving size)[^\n]*)?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_YIELD_WORD = re.compile(
    r"\b(?:serv(?:es?|ings?)|yield(?:s|ing)?|makes?|portions?|feeds?|people|persons?|adults)\b"
)
_COUNT = r"(?P<count>[\w.]+(?:[ \t]*(?:-|to|or)[ \t]*[\w.]+)?)"
_COUNT_AFTER = re.compile(
    r"(?:\(s\))?(?:[^\w\n]{0,4}\n?){0,3}"
    rf"(?:(?:about|around|approx\w*|roughly|up to|is|of|size|makes|serves)[: \t]*)*{_COUNT}"
)
_COUNT_BEFORE = re.compile(rf"{_COUNT}[ \t]*-?[ \t]*\Z")
_LOOK_BACK = 40


def yield_numbers(text: str) -> set[str]:
    """Numbers of a yield, in decimal spelling: "Serves 4-6" -> {"4", "6"}, "a dozen" -> {"12"}."""
    tokens = (NUMBER_WORDS.get(token, token) for token in tokenise(text))
    return {token for token in tokens if token[0].isdigit()}


def same_yield(predicted: str, gold: str) -> bool:
    """Whether two yields agree: a number in common, or the same words where gold has no number."""
    if not predicted:
        return False
    numbers = yield_numbers(gold)
    if numbers:
        return bool(numbers & yield_numbers(predicted))
    return sorted(tokenise(predicted)) == sorted(tokenise(gold))


def counts_beside_yield_words(simple: str) -> set[str]:
    """Every number next to a word such as "serves" or "portions"."""
    found: set[str] = set()
    for word in _YIELD_WORD.finditer(simple):
        start, end = word.span()
        beside = (
            _COUNT_AFTER.match(simple, end),
            _COUNT_BEFORE.search(simple[max(0, start - _LOOK_BACK) : start]),
        )
        for match in filter(None, beside):
            found |= yield_numbers(match["count"])
    return found


def counts_its_noun(simple: str, recipe_yield: str) -> bool:
    """Whether a number of ``recipe_yield`` is before its own noun ("20 pieces")."""
    nouns = [
        token.rstrip("s")
        for token in tokenise(recipe_yield)
        if token.isalpha() and len(token) > 2 and token not in NUMBER_WORDS
    ]
    return any(
        re.search(rf"(?<![\d.]){re.escape(number)}[ \t]+{re.escape(noun)}", simple)
        for number in yield_numbers(recipe_yield)
        for noun in nouns
    )


def labelled_yields(simple: str) -> set[str]:
    """Numbers given as the yield: not those that divide a dough or give the size of a serving."""
    return {match[match.lastgroup] for match in _LABELLED_YIELD.finditer(simple)}


def yield_on_card(simple: str) -> str:
    """A line that opens with a label of the yield and its number, or "" for none."""
    match = _CARD_YIELD.search(simple)
    return " ".join(match[0].split()) if match else ""


def count_in(card_yield: str) -> str:
    """The "16 fingers" of "recipe makes 16 fingers"; "" if there is more behind the number."""
    match = re.search(r"(?<!\S)\d+(?: ?(?:-|to|or) ?\d+)?(?: hungry)? [a-z]+$", card_yield)
    return match[0] if match else ""


def yield_in_line(text: str) -> str:
    """The yield in the first line of ``text`` that gives nothing else, as it is written; "" for none."""
    found = (match for match in _YIELD_LINE.finditer(in_english(text)) if match[0][-1] not in ".!")
    match = next(found, None)
    return match[match.lastgroup] if match else ""
