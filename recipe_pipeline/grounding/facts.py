"""Does a post state a time, a yield, a word about the dish?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from recipe_pipeline.grounding.lines import Support
from recipe_pipeline.grounding.post_index import (
    PostIndex,
    canonical,
    content_words,
    is_number,
    line_tokens,
    tokens_of,
)
from recipe_pipeline.grounding.waits import is_only_a_wait
from recipe_pipeline.text.durations import parse_seconds
from recipe_pipeline.text.evidence import PageEvidence
from recipe_pipeline.text.vocabulary import UNIT_NAMES

# Label key -> kind of time in a post, key of the source's fact.
TIMES = {
    "prepTime": ("prep", "prep_time"),
    "cookTime": ("cook", "cook_time"),
    "totalTime": ("total", "total_time"),
}
UNLABELLED_TIME = 0.7
LOOSE_YIELD = 0.8
_KEYWORD_LABEL = re.compile(
    r"\b(?:keywords?|tags|tag(?=\s*:)|tagged|(?:filed|posted) (?:under|in))\b"
)
_LABEL_ABOVE = 3  # lines from a keyword up to the label of its list
_MOSTLY = 0.6  # share of a sentence's words that steps have, too, in a sentence that is a step
_QUOTED = 80  # percent of a sentence's words that follow each other in the post
_CUISINE_NAMES = (
    "african american argentinian asian australian austrian belgian brazilian british cajun cantonese "
    "caribbean chinese creole cuban czech danish dutch egyptian english ethiopian european filipino finnish "
    "french georgian german greek hawaiian hungarian indian indonesian iranian irish israeli italian "
    "jamaican japanese jewish korean lebanese malaysian mediterranean mexican moroccan nigerian nordic "
    "norwegian pakistani persian peruvian polish portuguese russian scandinavian scottish sicilian southern "
    "spanish swedish swiss szechuan taiwanese thai tunisian turkish ukrainian vietnamese welsh eastern"
)
_CUISINES = frozenset(_CUISINE_NAMES.split())
_BESIDE_CUISINE = {
    "cuisine",
    "food",
    "latin",
    "middle",
    "north",
    "northern",
    "south",
    "west",
    "style",
}
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")
_YIELD_WORDS = frozenset(
    map(
        canonical, ["serve", "serves", "servings", "yields", "makes", "feeds", "portions", "people"]
    )
)
# https://schema.org/LowFatDiet -> "Low Fat"
_SCHEMA_TERM = re.compile(r"^https?://schema\.org/|Diet$")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def time_support(key: str, minutes: int, post: PostIndex, steps: Sequence[str]) -> Support:
    """Support of a time by those of its kind. ``steps``: the label's; "bake for 20 minutes" is
    not preparation."""
    kind = TIMES[key][0]
    stated = post.evidence.stated_minutes(kind)
    if minutes in stated:
        return Support(1.0)
    if not stated and minutes in post.evidence.mentioned_minutes:
        other = next(
            (k for k, _ in TIMES.values() if minutes in post.evidence.stated_minutes(k)), ""
        )
        if other:
            return Support(0.0, f"the post says this of the {other} time")
        if is_only_a_wait(minutes, post):
            return Support(0.0, "the post says this of chilling, resting or another wait")
        if kind != "cook" and not _is_said_beside_steps(minutes, post, steps):
            return Support(0.0, "the post says this of a step")
        return Support(UNLABELLED_TIME, f"the post does not call it {key}")
    said = ", ".join(f"{m} minutes" for m in sorted(stated)) or "no such time"
    return Support(0.0, f"the post says {said}")


def _is_said_beside_steps(minutes: int, post: PostIndex, steps: Sequence[str]) -> bool:
    """Whether a sentence that is not one of the steps mentions this many minutes."""
    told = {word for step in steps for word in line_tokens(step).words}
    lines = map(post.line_text, range(len(post.lines)))
    for sentence in (part for line in lines for part in _SENTENCE_END.split(line)):
        if minutes in PageEvidence(sentence).mentioned_minutes:
            words = [w for w in content_words(tokens_of(sentence).words) if w not in UNIT_NAMES]
            if sum(word in told for word in words) <= _MOSTLY * len(words):
                return True
    return False


def yield_support(text: str, post: PostIndex) -> Support:
    """Support of a yield: the same number, next to a word that says what it counts."""
    words = line_tokens(text).words
    numbers = {word for word in words if is_number(word)}
    if any(map(str.isalpha, text)) and parse_seconds(text) is not None:
        return Support(0.0, "a time, not a yield")
    if post.evidence.states_yield(text) or post.holds_on_a_line(words):
        return Support(1.0)
    if numbers and all(_is_beside_yield_word(number, post) for number in numbers):
        return Support(LOOSE_YIELD, "said in other words")
    return Support(0.0, "the post does not state this yield")


def _is_beside_yield_word(number: str, post: PostIndex) -> bool:
    """Whether a number is near a word such as "feeds" ("feeds a family of four")."""
    places = post.positions.get(number, ())
    return any(_YIELD_WORDS & set(post.words[max(0, at - 5) : at + 4]) for at in places)


def states_term(term: str, post: PostIndex, ingredients: Sequence[str]) -> bool:
    """Whether the post says ``term`` of the dish: "Italian seasoning" does not make it Italian."""
    words = line_tokens(term).words
    pairs = {pair for line in ingredients for pair in pairwise(line_tokens(line).words)}
    for at in post.places_of(words):
        line, end = post.line_at(at), at + len(words)
        before = post.words[max(line.start, at - 1) : at + 1]
        after = post.words[end - 1 : min(line.stop, end + 1)]
        if not pairs.intersection([tuple(before), tuple(after)]):
            return True
    return False


def is_cuisine(term: str) -> bool:
    """Whether ``term`` is the name of a cuisine, such as "Italian" or "Middle Eastern food"."""
    words = set(term.lower().replace("-", " ").split())
    return bool(words & _CUISINES) and words <= _CUISINES | _BESIDE_CUISINE


def quotes(text: str, post: PostIndex, steps: Sequence[str]) -> bool:
    """Whether the post says ``text`` as it is, but for a few words, and says it of more than ``steps``."""
    from rapidfuzz import fuzz

    sentences = [line_tokens(sentence).words for sentence in _SENTENCE_END.split(text)]
    method = f" {' '.join(word for step in steps for word in line_tokens(step).words)} "
    if all(f" {' '.join(words)} " in method for words in sentences):
        return False
    return all(
        bool(post.places_of(words)) or fuzz.partial_ratio(words, post.words) >= _QUOTED
        for words in sentences
        if words
    )


def states_keyword(term: str, post: PostIndex, text: str) -> bool:
    """Whether the post gives ``term`` as a keyword, in a list of them or as a hashtag. ``text``: the
    post as it is."""
    words = line_tokens(term).words
    if f"#{''.join(term.split())}".lower() in _hashtags(text):
        return True
    lines = {post.line_number(place) for place in post.places_of(words)}
    return any(
        _KEYWORD_LABEL.search(post.line_text(number))
        for line in lines
        for number in range(max(0, line - _LABEL_ABOVE), line + 1)
    )


@lru_cache(maxsize=8)
def _hashtags(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"#\w+", text.lower()))


def states_all(value: Any, post: PostIndex) -> bool:
    """Whether the post has every text and number in ``value``, apart from the types of objects."""
    if isinstance(value, dict):
        return all(states_all(item, post) for key, item in value.items() if key != "@type")
    if isinstance(value, list):
        return all(states_all(item, post) for item in value)
    text = _HUMP.sub(" ", _SCHEMA_TERM.sub("", str(value)))
    return not isinstance(value, bool) and bool(post.places_of(line_tokens(text).words))
