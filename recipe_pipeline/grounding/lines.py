"""How far does a post support a passage: a step, a name, any line without an amount of its own?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.post_index import PostIndex, content_words, is_number, line_tokens

# What remains of the score when a number of a step is not next to its words.
NUMBER_NOT_THERE = 0.4
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

    Judged sentence by sentence, weighted by length; a number that is not next to the other words
    costs more than a word.
    """
    words = line_tokens(text).words
    places = post.places_of(words)
    if places or not words:
        return Support(1.0, "", tuple(places))
    sentences = [line_tokens(sentence).words for sentence in _SENTENCE_END.split(text)]
    supports = [window_support(sentence, post) for sentence in sentences]
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


def window_support(words: Sequence[str], post: PostIndex) -> Support:
    """The words of one sentence: word for word, or as many as possible within one window."""
    places = post.places_of(words)
    if places:
        return Support(1.0, "", tuple(places))
    content = content_words(words)
    numbers = {word for word in words if is_number(word)}
    if not content and not numbers:
        return Support(1.0)
    spelt = {post.spelt(word) for word in content}
    window = len(words) + len(words) // 4 + 8
    held, start = _best_window({*spelt, *numbers}, post, window)
    score = len(held - numbers) / len(spelt) if spelt else 1.0
    lacking = numbers - held
    if lacking:
        reason = f"not in the post here: {', '.join(sorted(lacking))}"
        return Support(score * NUMBER_NOT_THERE, reason, (start,))
    reason = "" if score >= 1 else "only partly in the post"
    return Support(score, reason if held else NOT_THERE, (start,))


def _best_window(wanted: set[str], post: PostIndex, window: int) -> tuple[set[str], int]:
    """The ``wanted`` tokens in the window of the post that has most of them, and its start."""
    places = sorted((at, word) for word in wanted for at in post.positions.get(word, ()))
    counts: Counter[str] = Counter()
    most, best, left = 0, slice(0, 0), 0
    for right, (position, word) in enumerate(places):
        counts[word] += 1
        while places[left][0] <= position - window:
            leaving = places[left][1]
            counts[leaving] -= 1
            if not counts[leaving]:
                del counts[leaving]
            left += 1
        if len(counts) > most:
            most, best = len(counts), slice(left, right + 1)
    held = places[best]
    return {word for _, word in held}, held[0][0] if held else 0
