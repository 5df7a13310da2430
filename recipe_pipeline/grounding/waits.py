"""Is a time of a post that of a wait: chilling, resting, rising, marinating, soaking, freezing?

Nobody cooks or prepares meanwhile, so such a time is neither ``cookTime`` nor ``prepTime``, and by
itself no ``totalTime``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from recipe_pipeline.grounding.post_index import PostIndex
from recipe_pipeline.text.card_times import labelled_times
from recipe_pipeline.text.durations import parse_seconds
from recipe_pipeline.text.evidence import PageEvidence

_VERBS = (
    "chill|cool|ferment|freez|infus|macerat|marinat|refrigerat|rest|ris|sit|soak|stand|steep|thaw"
)
# "Chilled rice" and "the marinade" are foods, "chilled for an hour" is a wait.
_BEFORE_TIME = r"(?=\W*(?:time|for|at least|about|around|up to|overnight|\d))"
_WAIT = (
    rf"\b(?!(?<=\bthe )rest\b)(?:(?:{_VERBS})(?:e|es|s|t?ing)?|(?:{_VERBS}|brin|cur|dr[iy]|pickl|proof|prov|set)(?:t?ing"
    rf"|(?:e|ed)?{_BEFORE_TIME})|fridge|refrigerator|freezer|overnight|inactive)\b"
    r"(?! of\b| mixer\b)"  # "the rest of the milk", "a stand mixer"
)
# "The roast", "boiling water" and "a baking dish" are things.
_WORK = (
    r"(?<!\bthe )(?<!\ba )\b(?:bak|beat|blanch|blend|boil|brais|broil|char|cook|fry|grill|heat|knead|melt"
    r"|microwav|mix|poach|process|reduc|roast|saute|sear|simmer|smok|steam|stew|stir|toast|whisk)"
    r"(?:e|es|s|[nr]?ing)?\b(?! (?:bowl|dish|liquid|milk|pan|paper|powder|sheet|soda|stock|tin|tray|water)\b)"
    r"|\b(?:oven|prep\w*|active|total)\b"
)
_WAITING, _WORKING = re.compile(_WAIT), re.compile(_WORK)
# "Bake until set, 20 minutes" and "Once chilled, bake it": what is done comes before or behind.
_CLAUSE = re.compile(r"\b(?:until|till?|when|once|before|after)\b[^,.;\d]*")
# "20 minutes simmering, 3 hours of chilling", "Bake 15 minutes chill time 3 hours"
_PART_END = re.compile(r"[,;+(]|(?<=[.!?])\s+|\b(?:and|then)\b|(?<=[a-z]) (?=[a-z]+ time\b)")
_LABEL = re.compile(r"\W*(?:[a-z]+\W+){0,3}[a-z]+\W*")
_TIME_FIRST = re.compile(r"\W*\d")


def is_only_a_wait(minutes: int, post: PostIndex) -> bool:
    """Whether every time of this many minutes in ``post`` is that of a wait."""
    found = {
        is_wait for is_wait, part in _parts(post) if minutes in PageEvidence(part).mentioned_minutes
    }
    return found == {True}


def _parts(post: PostIndex) -> Iterator[tuple[bool, str]]:
    """The parts of a post's sentences, and whether what is done in each, or was in the part before it, is
    a wait."""
    label = ""
    for line in filter(str.strip, labelled_times(post.tokens.plain).split("\n")):
        # The label of a time may be the line above it.
        text = f"{label} {line}" if _TIME_FIRST.match(line) else line
        is_wait = False
        # A line that is nothing but a time does not say of what it is.
        for part in () if parse_seconds(text.strip()) else _PART_END.split(_CLAUSE.sub("; ", text)):
            if _WORKING.search(part) or _WAITING.search(part):
                is_wait = not _WORKING.search(part)
            yield is_wait, part
        label = line if _LABEL.fullmatch(line) else ""
