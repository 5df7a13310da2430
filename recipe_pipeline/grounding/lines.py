"""How far does a post support a passage: a step, a name, any line without an amount of its own?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.entries import listed_foods
from recipe_pipeline.grounding.post_index import PostIndex, content_words, is_number, line_tokens

# What remains of the score when a number or a food of a step is not next to its other words.
OTHER_AMOUNT_OR_FOOD = 0.4
NOT_THERE = "the post does not say it"
# One sentence with a lower score than this decides about a whole step.
_POOR_SENTENCE = 0.5
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9])")


@dataclass(frozen=True)
class Support:
    """How far a post supports a line: 1 fully, 0 not at all, with the reason when below 1.

    ``places``: token positions at which the line begins in the post, when it was found.
    """

    score: float
    reason: str = ""
    places: tuple[int, ...] = ()


def passage_support(text: str, post: PostIndex) -> Support:
    """Support of a step: word for word, or most of its words close together.

    Judged sentence by sentence, weighted by length; a number, or a food of the post's list, that is
    not next to the other words costs more than a word.
    """
    words = line_tokens(text).words
    places = post.places_of(words)
    if places or not words:
        return Support(1.0, "", tuple(places))
    sentences = [line_tokens(sentence).words for sentence in _SENTENCE_END.split(text)]
    supports = [window_support(sentence, post, listed_foods(post)) for sentence in sentences]
    sizes = [len(content_words(sentence)) for sentence in sentences]
    if not sum(sizes):
        return Support(1.0)
    score = sum(s.score * size for s, size in zip(supports, sizes, strict=True)) / sum(sizes)
    worst = min(supports, key=lambda support: support.score)
    # One invented sentence or number in a long step must not be averaged away.
    if worst.score < _POOR_SENTENCE:
        score = min(score, worst.score)
    return Support(score, worst.reason, supports[0].places)


def supports_passage(text: str, post: PostIndex) -> bool:
    """Whether the post says ``text``, in its own words or in most of them."""
    return passage_support(text, post).score >= DEFAULT_MIN_SUPPORT


def window_support(
    words: Sequence[str], post: PostIndex, listed: Mapping[int, Collection[str]]
) -> Support:
    """The words of one sentence: word for word, or as many as possible within one window, with the
    numbers among them and the foods that are ``listed`` on lines of the post."""
    places = post.places_of(words)
    if places:
        return Support(1.0, "", tuple(places))
    content = content_words(words)
    numbers = {word for word in words if is_number(word)}
    if not content and not numbers:
        return Support(1.0)
    spelt = {post.spelt(word) for word in content}
    window = _best_window({*spelt, *numbers}, post, len(words) + len(words) // 4 + 8)
    held = {word for _, word in window}
    start = window[0][0] if window else 0
    score = len(held - numbers) / len(spelt) if spelt else 1.0
    lacking = (numbers - held) | _other_foods(spelt, window, post, listed)
    if lacking:
        reason = f"not in the post here: {', '.join(sorted(lacking))}"
        return Support(score * OTHER_AMOUNT_OR_FOOD, reason, (start,))
    reason = "" if score >= 1 else "only partly in the post"
    return Support(score, reason if held else NOT_THERE, (start,))


_Places = list[tuple[int, str]]


def _best_window(wanted: set[str], post: PostIndex, length: int) -> _Places:
    """Places of the ``wanted`` tokens in the last window of the post that has most of them."""
    places = sorted((at, word) for word in wanted for at in post.positions.get(word, ()))
    counts: Counter[str] = Counter()
    most, best, left = 0, slice(0, 0), 0
    for right, (position, word) in enumerate(places):
        counts[word] += 1
        while places[left][0] <= position - length:
            leaving = places[left][1]
            counts[leaving] -= 1
            if not counts[leaving]:
                del counts[leaving]
            left += 1
        if len(counts) >= most:
            most, best = len(counts), slice(left, right + 1)
    return places[best]


def _other_foods(
    words: set[str], window: _Places, post: PostIndex, listed: Mapping[int, Collection[str]]
) -> set[str]:
    """The foods among ``words`` that no line in the ``window`` names beside another of the words, also not
    by a part of the food's name."""
    lines: dict[int, set[str]] = defaultdict(set)
    for at, word in window:
        lines[post.line_number(at)].add(word)
    told = [said for line, said in lines.items() if line not in listed]
    said = {word for x in told if len(x) > 1 or len(told) == 1 for word in x}
    named = [foods for foods in listed.values() if said.intersection(foods)]
    foods = set().union(*listed.values()) if told else set()
    return words & foods - said.union(*named)
