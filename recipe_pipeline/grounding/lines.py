"""Does a post say this ingredient line, this step, this name? One degree per line, 0 to 1."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from recipe_pipeline.grounding.amounts import ARTICLES, amount_factor
from recipe_pipeline.grounding.post_index import (
    LINE_BREAK,
    NO_BREAK,
    SENTENCE_BREAK,
    STOP_WORDS,
    PostIndex,
    Tokens,
    canonical,
    content_words,
    holds_word,
    is_number,
    line_tokens,
)
from recipe_pipeline.text.vocabulary import DESCRIBING, GENERIC_FOOD, UNIT_NAMES

# Share of a word's weight that counts when it stands in the post but not beside the rest.
ELSEWHERE = 0.35
# What is left when a number of a step does not stand beside its words.
NUMBER_NOT_THERE = 0.4
# Each word that names the food and does not stand beside the rest: "oyster" of "oyster sauce".
OTHER_FOOD = 0.55
MAX_ANCHORS = 10
_DESCRIBING = frozenset(map(canonical, DESCRIBING.split()))
_GENERIC = frozenset(map(canonical, GENERIC_FOOD.split()))
_CONNECTING = frozenset({"and", "with", "plus"})
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=[A-Z0-9])")


@dataclass(frozen=True)
class Support:
    """How far a post supports a line: 1 fully, 0 not at all, with the reason when below 1.

    ``places``: token positions at which it begins, when it was found. ``silent``: the place gives no
    amount.
    """

    degree: float
    reason: str = ""
    places: tuple[int, ...] = ()
    silent: bool = False


NOT_THERE = "the post does not say it"


def ingredient_support(line: str, post: PostIndex, explicit: bool = False) -> Support:
    """Whether amount, unit and food of ``line`` stand together in the post.

    An amount supports a line only on the food's own list line, or in running text next to it; the
    words may be in another order or form and a few of them elsewhere in the post. "onion" supports
    "1 onion" unless ``explicit``.
    """
    tokens = line_tokens(line)
    words = tokens.words
    weights = _weights(tokens)
    if not weights:
        return Support(1.0)
    places = post.places_of(words)
    if places and (post.holds_on_a_line(words) or (is_number(words[0]) and len(words) > 2)):
        return Support(1.0, "", tuple(places))
    spelt = {word: post.spelt(word) for word in weights}
    best = Support(0.0, NOT_THERE)
    for anchor in _anchors(spelt, weights, post):
        stretch = _own_stretch(post, anchor)
        found = _judge(tokens, weights, spelt, post, stretch, explicit)
        # Of two places the one that gives an amount at all makes the better complaint.
        if found.degree > best.degree or (found.degree == best.degree and not found.silent):
            best = found
            if best.degree >= 1:
                break
    return best


def _weights(tokens: Tokens) -> dict[str, float]:
    """Weight of each content word: the food counts, its preparation and the unit half."""
    weights: dict[str, float] = {}
    main = True
    for position, word in enumerate(tokens.words):
        # After the first comma ("onions, finely chopped") stands how it is prepared.
        if position and tokens.breaks[position] != NO_BREAK and weights.keys() - UNIT_NAMES:
            main = False
        if is_number(word) or word in STOP_WORDS:
            continue
        weight = 0.5 if word in UNIT_NAMES or not main else 1.0
        weights[word] = max(weight, weights.get(word, 0.0))
    return weights


def _anchors(spelt: dict[str, str], weights: dict[str, float], post: PostIndex) -> list[int]:
    """Positions in the post of the line's rarest weighty words, then of its other rare words."""
    places = [(weights[w] < 1, post.positions[s]) for w, s in spelt.items() if s in post.positions]
    places.sort(key=lambda place: (place[0], len(place[1])))
    return list(dict.fromkeys(p for _, known in places[:3] for p in known))[: 2 * MAX_ANCHORS]


def _own_stretch(post: PostIndex, anchor: int) -> tuple[int, int]:
    """Token range around ``anchor`` that speaks of one ingredient: its line, cut at the amounts
    that begin another one."""
    words, breaks = post.words, post.breaks
    start = anchor
    while start > 0 and breaks[start] < SENTENCE_BREAK and not _begins_amount(words, breaks, start):
        start -= 1
    end = anchor + 1
    while (
        end < len(words) and breaks[end] < SENTENCE_BREAK and not _begins_amount(words, breaks, end)
    ):
        end += 1
    if not any(is_number(word) for word in words[start:end]):
        start, end = _with_amount_line(words, breaks, start, end)
    return start, end


def _begins_amount(words: Sequence[str], breaks: Sequence[int], at: int) -> bool:
    """A number or article after a comma or "and": the amount of the next ingredient."""
    if at == 0 or not (is_number(words[at]) or words[at] in ARTICLES):
        return False
    before = words[at - 1]
    if before in _CONNECTING:
        # "1 cup and 2 tablespoons flour" is one amount.
        return at >= 2 and words[at - 2] not in UNIT_NAMES and not is_number(words[at - 2])
    return breaks[at] != NO_BREAK and before not in UNIT_NAMES


def _with_amount_line(
    words: Sequence[str], breaks: Sequence[int], start: int, end: int
) -> tuple[int, int]:
    """Take in the line before (or else after) when it is nothing but an amount."""

    def is_amount(first: int, last: int) -> bool:
        stretch = words[first:last]
        return (
            0 < len(stretch) <= 4
            and any(is_number(w) for w in stretch)
            and all(is_number(w) or w in UNIT_NAMES or w in STOP_WORDS for w in stretch)
        )

    before = start - 1
    while before > 0 and breaks[before] != LINE_BREAK:
        before -= 1
    if start > 0 and is_amount(before, start):
        return before, end
    after = end + 1
    while after < len(words) and breaks[after] != LINE_BREAK:
        after += 1
    return (start, after) if is_amount(end, after) else (start, end)


def _judge(
    tokens: Tokens,
    weights: dict[str, float],
    spelt: dict[str, str],
    post: PostIndex,
    place: tuple[int, int],
    explicit: bool,
) -> Support:
    stretch = post.words[place[0] : place[1]]
    present = set(stretch)
    total = sum(weights.values())
    score, lacking = 0.0, []
    for word, weight in weights.items():
        if holds_word(present, spelt[word]):
            score += weight
        else:
            lacking.append(word)
            score += ELSEWHERE * weight if spelt[word] in post.positions else 0.0
    degree = score / total
    reason = f"not beside it in the post: {', '.join(lacking)}" if lacking else ""
    foods = {word for word, weight in weights.items() if weight >= 1}
    missing = foods & set(lacking) - _DESCRIBING
    # "Salt" may be missing beside another word of its food, but not when it is the whole food.
    if missing - _GENERIC or foods <= set(lacking):
        degree *= OTHER_FOOD
    # 1/4 cup of peanuts is no 4 tablespoons of peanut oil.
    factor, complaint = amount_factor(tokens.words, stretch, explicit, may_convert=not missing)
    return Support(
        degree * factor, complaint or reason, (place[0],), not any(map(is_number, stretch))
    )


def passage_support(text: str, post: PostIndex) -> Support:
    """Whether the post tells ``text`` (a step): word for word, or most of its words close by.

    Judged sentence by sentence, weighted by length; a number that does not stand beside the rest
    costs more than a word.
    """
    tokens = line_tokens(text)
    places = post.places_of(tokens.words)
    if places or not tokens.words:
        return Support(1.0, "", tuple(places))
    sentences = _SENTENCE_END.split(text)
    judged = [(_sentence_support(sentence, post), sentence) for sentence in sentences]
    sizes = [len(content_words(line_tokens(sentence).words)) for sentence in sentences]
    if not sum(sizes):
        return Support(1.0)
    degree = sum(s.degree * size for (s, _), size in zip(judged, sizes, strict=True)) / sum(sizes)
    worst = min((s for s, _ in judged), key=lambda s: s.degree)
    # One invented sentence or number in a long step must not drown in the others.
    if worst.degree < 0.5:
        degree = min(degree, worst.degree)
    return Support(degree, worst.reason, judged[0][0].places)


def _sentence_support(sentence: str, post: PostIndex) -> Support:
    words = line_tokens(sentence).words
    places = post.places_of(words)
    if places:
        return Support(1.0, "", tuple(places))
    return window_support(words, post)


def window_support(words: Sequence[str], post: PostIndex) -> Support:
    """Largest share of the content words within one window of the post (a quarter longer + 8)."""
    content = content_words(words)
    numbers = {w for w in words if is_number(w)}
    if not content and not numbers:
        return Support(1.0)
    spelt = {post.spelt(word) for word in content}
    wanted = [w for w in (*spelt, *numbers) if w in post.positions]
    share, start, held = _best_window(wanted, post, len(words) + len(words) // 4 + 8)
    words_held = len(held - numbers)
    degree = words_held / len(spelt) if spelt else 1.0
    lacking = numbers - held
    if lacking:
        return Support(
            degree * NUMBER_NOT_THERE,
            f"not in the post here: {', '.join(sorted(lacking))}",
            (start,),
        )
    reason = "" if degree >= 1 else "only partly in the post"
    return Support(degree, reason if share else NOT_THERE, (start,))


def _best_window(wanted: list[str], post: PostIndex, window: int) -> tuple[int, int, set[str]]:
    """(number of distinct ``wanted`` tokens, first position, those tokens) of the best window."""
    places = sorted((p, word) for word in wanted for p in post.positions[word])
    counts: dict[str, int] = defaultdict(int)
    best, best_range = 0, (0, 0)
    distinct = left = 0
    for right, (position, word) in enumerate(places):
        counts[word] += 1
        distinct += counts[word] == 1
        while places[left][0] <= position - window:
            leaving = places[left][1]
            counts[leaving] -= 1
            distinct -= counts[leaving] == 0
            left += 1
        if distinct > best:
            best, best_range = distinct, (left, right)
    held = {word for _, word in places[best_range[0] : best_range[1] + 1]} if best else set()
    return best, places[best_range[0]][0] if places else 0, held
