"""What the ingredients and the steps of a post look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from recipe_pipeline.grounding.asides import is_aside
from recipe_pipeline.grounding.post_index import (
    VERBS,
    PostIndex,
    canonical,
    content_words,
    is_number,
)
from recipe_pipeline.grounding.whole_lines import DESCRIBING_WORDS
from recipe_pipeline.text.durations import HOURS_OR_MINUTES
from recipe_pipeline.text.vocabulary import UNIT_NAMES

MAX_LIST_LINE = 18  # tokens; longer lines are prose, not list entries
MOST_OTHER_LINES = 3  # a list goes on after this many other lines; later ones are another list
OPENERS = frozenset(map(canonical, [
    "in", "on", "at", "when", "once", "after", "while", "meanwhile", "use", "then", "next",
    "for", "to", "with", "off", "onto", "into", "from", "first", "now", "start", "begin",
]))  # fmt: skip
_NOT_FOOD = frozenset({
    "serv", "minute", "hour", "day", "year", "calori", "rate", "review", "vote", "comment",
    "reply", "step",
})  # fmt: skip
_CHAT = frozenset(["i", "my", "me", "we", "us", "our", "photo", "link", "recip"])

# What a page asks of its reader, anywhere in a sentence ("When you try it, leave a comment!").
_PAGE_TALK = frozenset(
    map(canonical, ["newsletter", "comment", "copyright", "photograph", "subscribe", "repost"])
)
# Times of the card: "Cook time 20 minutes", "Preparation15 min", "10m prep", "1 h 20 min".
_TIME = re.compile(
    rf"\W*(?:(?:prep|cook|bak|total|ready)[a-z]*(?: ?time| ?in)?\W*\d|\d[\d.]*[ -]?{HOURS_OR_MINUTES}\b)"
)
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class EntryKind:
    """One kind of list entry: its field in the label, and how its lines are found in a post.

    ``looks_right`` is given the tokens and the plain text of a line. ``reach``: how many lines below
    the list are looked at.
    """

    field: str
    looks_right: Callable[[Sequence[str], str], bool]
    reach: int


def looks_like_ingredient(words: Sequence[str], text: str) -> bool:
    """A short line that opens with an amount and names a food."""
    if not 1 < len(words) <= MAX_LIST_LINE or not is_number(words[0]):
        return False
    if not any(len(word) > 2 for word in content_words(words)) or _NOT_FOOD & set(words[:4]):
        return False
    # "(c) 2019 Dash of Plenty" is the site's
    is_year = _YEAR.fullmatch(words[0]) and words[1] not in ("g", "ml")
    return not is_year and not _TIME.match(text) and not text.endswith((".", "!", "?", ":"))


@lru_cache(maxsize=8)
def listed_foods(post: PostIndex) -> dict[int, frozenset[str]]:
    """The words for foods on each line of a post that looks like an ingredient, by the line's number."""
    other = DESCRIBING_WORDS | VERBS | UNIT_NAMES
    listed = {n: content_words(post.line_words(n)) for n in lines_of_kind(INGREDIENT, post)}
    return {number: frozenset(words) - other for number, words in listed.items()}


def looks_like_step(words: Sequence[str], text: str) -> bool:
    """A sentence that opens with a kitchen verb, or with "In a bowl, whisk ...", and is not chat."""
    if not text.endswith((".", ";", "!")) and len(words) < 6:
        return False
    if _CHAT & set(words[:7]) or _PAGE_TALK & set(words) or _TIME.match(text) or is_aside(text):
        return False
    if len(words) <= (6 if text.endswith("!") else 2):  # "Enjoy!", the site "Ladle & Co."
        return False
    # "Prep: mix the ..." names the part before the verb, "1.Mix" has a number.
    is_led = ":" in text[:20] or is_number(words[0])
    if words[0] in VERBS or (is_led and len(words) > 1 and words[1] in VERBS - UNIT_NAMES):
        return True
    return words[0] in OPENERS and len(words) > 6 and bool(VERBS & set(words[1:9]))


# A label may end with a part of the ingredients. Below the steps are notes, which read like steps.
INGREDIENT = EntryKind("recipeIngredient", looks_like_ingredient, MOST_OTHER_LINES + 1)
STEP = EntryKind("recipeInstructions", looks_like_step, 1)


def lines_of_kind(kind: EntryKind, post: PostIndex) -> list[int]:
    """The numbers of all lines of a post that look like entries of ``kind``."""
    return [
        number
        for number in range(len(post.lines))
        if kind.looks_right(post.line_words(number), post.line_text(number))
    ]
