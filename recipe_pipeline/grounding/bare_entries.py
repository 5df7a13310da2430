"""Does a post list a food without an amount ("salt"), or with an amount on the line beside it?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from recipe_pipeline.grounding.amounts import ARTICLES
from recipe_pipeline.grounding.entries import MAX_LIST_LINE, looks_like_ingredient
from recipe_pipeline.grounding.post_index import (
    HEADINGS,
    STOP_WORDS,
    VERBS,
    PostIndex,
    content_words,
    is_number,
)
from recipe_pipeline.text.vocabulary import NOT_FOR_FOOD, UNIT_NAMES

LONGEST_ENTRY = 8  # tokens of a list entry without an amount
_MEASURES = UNIT_NAMES - NOT_FOR_FOOD
JOINING = frozenset({"and", "or", "plus"})
_NEAR = 15  # lines between an entry without an amount and one of the same list that has one

Segment = Sequence[str]
"""Tokens of a line, or of a part of one."""


def has_amount(words: Segment) -> bool:
    """Whether there is an amount, also in words ("a pinch of", "an egg"); "in 1-inch cubes" is not one,
    nor "use a good one"."""
    if words and words[0] in ARTICLES:
        return True
    return any(
        after not in NOT_FOR_FOOD
        and (is_number(word) or (word in ARTICLES and after in UNIT_NAMES))
        and not (word == "1" and not after and ARTICLES & set(words[max(0, at - 2) : at]))
        for at, (word, after) in enumerate(zip_longest(words, words[1:], fillvalue=""))
    )


def is_amount(words: Segment) -> bool:
    """Whether ``words`` are nothing but an amount of food: "2 cups", "about 3"."""
    return (
        len(words) <= 4
        and any(map(is_number, words))
        and all(is_number(w) or w in _MEASURES or w in STOP_WORDS for w in words)
    )


def is_bare_entry(number: int, segment: Segment, content: set[str], post: PostIndex) -> bool:
    """Whether ``segment`` of a line may be an ingredient without an amount: among others with one.

    ``content``: the words of the label's line, which a whole line of the post may consist of.
    """
    words = post.line_words(number)
    # "Would frozen pork chops work?" and the heading "For the beef" list nothing.
    if post.line_text(number).endswith("?") or words[:2] == ["for", "the"]:
        return False
    is_long = len(words) > 2 * LONGEST_ENTRY
    # "then fry the rice" within a sentence does not list rice, and "brown sugar" on its own line is
    # not a step.
    opening = segment if is_long else [segment[0], *words[: 1 + is_number(words[0])]]
    if VERBS & set(opening) and not content.issuperset(segment if is_long else words):
        return False
    if is_ingredient_line(number, post):
        return True  # "1 tsp salt and pepper"
    if is_long:
        return False
    return any(
        _reaches_an_amount(way, post) for way in (_above(number), _below(number, post))
    ) or not any(is_ingredient_line(n, post) for n in range(len(post.lines)))


def _above(number: int) -> range:
    return range(number - 1, max(-1, number - 1 - _NEAR), -1)


def _below(number: int, post: PostIndex) -> range:
    return range(number + 1, min(len(post.lines), number + 1 + _NEAR))


def _reaches_an_amount(way: range, post: PostIndex) -> bool:
    """Whether the list goes on in this direction to an entry with an amount."""
    for number in way:
        words = post.line_words(number)
        if _gives_some_amount(number, post):
            return True
        if len(words) > LONGEST_ENTRY or set(content_words(words)) <= HEADINGS:
            return False
    return False


def _gives_some_amount(number: int, post: PostIndex) -> bool:
    """Whether a line gives an amount before a food or behind it ("flour 2 cups"); "A must." does not."""
    words = post.line_words(number)
    if is_ingredient_line(number, post) or is_amount(words):
        return True
    after = words[1] if len(words) > 1 else ""
    opens = after in _MEASURES if words[0] in ARTICLES else is_number(words[0])
    is_entry = opens and after not in NOT_FOR_FOOD and len(words) <= MAX_LIST_LINE
    return (is_entry and not post.line_text(number).endswith(".")) or (
        len(words) <= LONGEST_ENTRY and is_amount(words[-2:])
    )


def is_ingredient_line(number: int, post: PostIndex) -> bool:
    """Whether a line of a post opens with an amount, with a unit or a food behind it."""
    return looks_like_ingredient(post.line_words(number), post.line_text(number))


def amount_line_beside(number: int, segment: Segment, post: PostIndex) -> Sequence[str]:
    """The line next to a food's own line that is its amount, in a list with both in turns."""
    if len(post.line_words(number)) != len(segment):
        return ()
    beside = number - 1 if _amounts_come_first(post) else number + 1
    if not 0 <= beside < len(post.lines):
        return ()
    return post.line_words(beside) if _is_amount_line(beside, post) else ()


def _amounts_come_first(post: PostIndex) -> bool:
    """Whether amounts on lines of their own are above their foods, judging by what is above the first."""
    first = next((n for n in range(len(post.lines)) if _is_amount_line(n, post)), 0)
    if not first:
        return True
    above, text = post.line_words(first - 1), post.line_text(first - 1)
    return text.endswith(":") or set(content_words(above)) <= HEADINGS or above[0] == "for"


def _is_amount_line(number: int, post: PostIndex) -> bool:
    """Whether a line is nothing but an amount. A bare number above a step is the step's."""
    words = post.line_words(number)
    if not is_amount(words) or _MEASURES & set(words) or number + 1 == len(post.lines):
        return is_amount(words)
    below = post.line_words(number + 1)
    return len(below) <= LONGEST_ENTRY and below[0] not in VERBS
