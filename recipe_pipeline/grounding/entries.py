"""What the ingredients and the steps of a post look like."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recipe_pipeline.grounding.asides import is_aside
from recipe_pipeline.grounding.post_index import (
    VERBS,
    PostIndex,
    canonical,
    content_words,
    is_number,
    line_tokens,
)
from recipe_pipeline.text.durations import HOURS_OR_MINUTES
from recipe_pipeline.text.vocabulary import UNIT_NAMES

MAX_LIST_LINE = 18  # tokens; longer lines are prose, not list entries
MOST_OTHER_LINES = 3  # a list goes on after this many other lines; later ones are another list
OPENERS = frozenset(map(canonical, [
    "in", "on", "at", "when", "once", "after", "while", "meanwhile", "use", "then", "next",
    "for", "to", "with", "off", "onto", "into", "from", "first", "now", "start", "begin",
]))  # fmt: skip
# Open a step, but are other words elsewhere ("dressing", "dump cake").
_STEP_VERBS = VERBS | frozenset(map(canonical, [
    "close", "dress", "dump", "gather", "incorporate", "lay", "pack", "push", "secure", "slide", "take",
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
# Facts of the card: "Cook time 20 minutes", "Preparation15 min", "Makes 4 servings",
# "Description: charred chicken in a sauce."
_FACT_LINE = re.compile(
    r"\W*(?:(?:prep|cook|bak|total|ready|makes|serves)[a-z]*(?: ?time| ?in)?\W*\d"
    r"|(?:description|summary|category|course|cuisine|keywords?|author|notes?)\W*:)"
)
# "Set aside 10 minutes for the prep work. Start to finish it takes an hour." "When you try this, let me
# know how it goes!" "Ladle & Co."
_TALK = re.compile(
    r"\b(?:start to finish|for the prep|prep (?:work|time)|total time|let (?:me|us) know)\b|& co\."
)
_YEAR = re.compile(r"(?:19|20)\d\d")
# Not amounts: "10m prep" and "1 h 20 min" are times, "One-pot pasta" is the title of another post.
_NOT_AMOUNT = re.compile(
    rf"\W*(?:\d[\d.]*[ -]?{HOURS_OR_MINUTES}|one (?:pot|pan|bowl|skillet|sheet|dish))\b"
)


@dataclass(frozen=True)
class EntryKind:
    """One kind of list entry: its field in the label, and how its lines are found in a post.

    ``looks_right`` is given the tokens and the plain text of a line. ``reach``: how many lines below
    the list are looked at. ``headings``: the words that a heading of the list has.
    """

    field: str
    looks_right: Callable[[Sequence[str], str], bool]
    reach: int
    headings: frozenset[str]


def looks_like_ingredient(words: Sequence[str], text: str) -> bool:
    """A short line that opens with an amount, with a unit or a food behind it."""
    if not 1 < len(words) <= MAX_LIST_LINE or not is_number(words[0]):
        return False
    has_unit = words[1] in UNIT_NAMES
    if not has_unit and (
        len(line_tokens(text.partition("(")[0]).words) > 8 or _YEAR.fullmatch(words[0])
    ):  # (c) 2016 My Kitchen
        return False
    if not any(len(word) > 2 for word in content_words(words)) or _NOT_FOOD & set(words[:4]):
        return False
    return not _NOT_AMOUNT.match(text) and not text.endswith((".", "!", "?", ":"))


def looks_like_step(words: Sequence[str], text: str) -> bool:
    """A sentence that opens with a kitchen verb, or with "In a bowl, whisk ...", and is not chat."""
    if not text.endswith((".", ";", "!")) and len(words) < 6:
        return False
    if _CHAT & set(words[:7]) or _PAGE_TALK & set(words):
        return False
    if _FACT_LINE.match(text) or _TALK.search(text) or is_aside(text):
        return False
    # "Prep: mix the ..." names the part before the verb, "1.Mix" has a number.
    is_led = ":" in text[:20] or is_number(words[0])
    named = is_led and len(words) > 1 and words[1] in VERBS - UNIT_NAMES
    if words[0] in _STEP_VERBS or named:
        return not text.endswith("!") or len(words) > 6
    opens = words[0] in OPENERS or text.split(maxsplit=1)[0].endswith("ly")
    return opens and len(words) > 6 and bool(VERBS & set(words[1:9]))


_OF_FOODS = frozenset({canonical("ingredients")})
OF_STEPS = frozenset(map(canonical, ["instructions", "directions", "method", "steps"]))
# A label may end with a part of the ingredients. Below the steps are notes, which read like steps.
INGREDIENT = EntryKind("recipeIngredient", looks_like_ingredient, MOST_OTHER_LINES + 1, _OF_FOODS)
STEP = EntryKind("recipeInstructions", looks_like_step, 1, OF_STEPS)


def lines_of_kind(kind: EntryKind, post: PostIndex) -> list[int]:
    """The numbers of all lines of a post that look like entries of ``kind``."""
    return [
        number
        for number in range(len(post.lines))
        if kind.looks_right(post.line_words(number), post.line_text(number))
    ]
