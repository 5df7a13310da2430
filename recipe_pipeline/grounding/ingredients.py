"""How far does a post support an ingredient line: its food, its amount and its unit together?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.amounts import ARTICLES, compare_amounts, is_amount
from recipe_pipeline.grounding.lines import NOT_THERE, Support
from recipe_pipeline.grounding.post_index import (
    NO_BREAK,
    SENTENCE_BREAK,
    STOP_WORDS,
    PostIndex,
    Tokens,
    canonical,
    holds_word,
    is_number,
    line_tokens,
)
from recipe_pipeline.grounding.whole_lines import DESCRIBING_WORDS, what_is_lost
from recipe_pipeline.text.vocabulary import GENERIC_FOOD, UNIT_NAMES

# Share of a word's weight that counts when it is in the post but not next to the rest.
ELSEWHERE = 0.35
# What remains of the score when the food's own word is missing: "oyster" of "oyster sauce".
OTHER_FOOD = 0.55
# What a line scores that has lost its amount, its food or its end.
PART_OF_A_LINE = 0.3
MAX_ANCHORS = 20
_GENERIC = frozenset(map(canonical, GENERIC_FOOD.split()))
_CONNECTING = frozenset({"and", "with", "plus"})


def ingredient_support(line: str, post: PostIndex, explicit: bool = False) -> Support:
    """Whether amount, unit and food of ``line`` are together in the post.

    An amount supports a line only on the food's own list line, or in running text next to it; the
    words may be in another order or form and a few of them elsewhere in the post. "onion" supports
    "1 onion" unless ``explicit``.
    """
    return _IngredientLine(line_tokens(line), post, explicit).support()


def supports_ingredient(line: str, post: PostIndex) -> bool:
    """Whether the post gives this ingredient line, its amount included."""
    return ingredient_support(line, post).score >= DEFAULT_MIN_SUPPORT


class _IngredientLine:
    """One ingredient line, compared with the stretches of a post that may be about its food."""

    def __init__(self, tokens: Tokens, post: PostIndex, explicit: bool) -> None:
        self.tokens, self.words = tokens, tokens.words
        self.weights = _weights(tokens)
        self.foods = {word for word, weight in self.weights.items() if weight >= 1}
        self.post = post
        self.explicit = explicit

    @cached_property
    def spelt(self) -> dict[str, str]:
        """Each weighted word as the post spells it."""
        return {word: self.post.spelt(word) for word in self.weights}

    def support(self) -> Support:
        found = self._words_support()
        # Facts of a source row, which are looked for with `explicit`, may well say less than a post.
        if self.explicit or found.score < DEFAULT_MIN_SUPPORT:
            return found
        lost = what_is_lost(self.tokens, self.post)
        return Support(PART_OF_A_LINE, lost, found.places) if lost else found

    def _words_support(self) -> Support:
        if not self.weights:
            return Support(1.0)
        places = self.post.places_of(self.words)
        # An amount, its food and more that follow each other across a line end are one ingredient.
        is_measured = is_number(self.words[0]) and len(self.words) > 2
        if places and (is_measured or self.post.holds_on_a_line(self.words)):
            return Support(1.0, "", tuple(places))
        best = Support(0.0, NOT_THERE)
        for anchor in self._anchors():
            stretch = _stretch_around(anchor, self.post)
            found = self._support_in(stretch)
            # Of two equal stretches, one that gives an amount makes the better complaint.
            gives_amount = any(map(is_number, self._words_in(stretch)))
            if found.score > best.score or (found.score == best.score and gives_amount):
                best = found
            if best.score >= 1:
                break
        return best

    def _anchors(self) -> list[int]:
        """Positions of the line's rarest weighty words, then of its other rare words."""
        known = [
            (self.weights[word] < 1, self.post.positions[spelt])
            for word, spelt in self.spelt.items()
            if spelt in self.post.positions
        ]
        known.sort(key=lambda one: (one[0], len(one[1])))
        places = [place for _, positions in known[:3] for place in positions]
        return list(dict.fromkeys(places))[:MAX_ANCHORS]

    def _words_in(self, stretch: range) -> Sequence[str]:
        return self.post.words[stretch.start : stretch.stop]

    def _support_in(self, stretch: range) -> Support:
        near = self._words_in(stretch)
        present = set(near)
        lacking = [w for w, spelt in self.spelt.items() if not holds_word(present, spelt)]
        score = self._share(lacking)
        reason = f"not beside it in the post: {', '.join(lacking)}" if lacking else ""
        missing_food = self.foods & set(lacking) - DESCRIBING_WORDS
        # "Salt" may be missing beside another word of its food, but not when it is the whole food.
        if missing_food - _GENERIC or self.foods <= set(lacking):
            score *= OTHER_FOOD
        # 1/4 cup of peanuts does not support 4 tablespoons of peanut oil.
        factor, complaint = compare_amounts(
            self.words, near, self.explicit, may_convert=not missing_food
        )
        return Support(score * factor, complaint or reason, (stretch.start,))

    def _share(self, lacking: list[str]) -> float:
        """Share of the weight that is in the stretch; words elsewhere in the post count in part."""
        score = 0.0
        for word, weight in self.weights.items():
            if word not in lacking:
                score += weight
            elif self.spelt[word] in self.post.positions:
                score += ELSEWHERE * weight
        return score / sum(self.weights.values())


def _weights(tokens: Tokens) -> dict[str, float]:
    """Weight of each content word: 1 for the food, half for its preparation and the unit."""
    weights: dict[str, float] = {}
    main = True
    for position, word in enumerate(tokens.words):
        # The preparation follows the first comma: "onions, finely chopped".
        if position and tokens.breaks[position] != NO_BREAK and weights.keys() - UNIT_NAMES:
            main = False
        if is_number(word) or word in STOP_WORDS:
            continue
        weight = 0.5 if word in UNIT_NAMES or not main else 1.0
        weights[word] = max(weight, weights.get(word, 0.0))
    return weights


def _stretch_around(anchor: int, post: PostIndex) -> range:
    """The tokens around ``anchor`` about one ingredient: its line, cut where the next one begins."""
    start, end = anchor, anchor + 1
    while start > 0 and not _begins_another(start, post):
        start -= 1
    while end < len(post.words) and not _begins_another(end, post):
        end += 1
    if any(is_number(word) for word in post.words[start:end]):
        return range(start, end)
    return _with_amount_line(start, end, post)


def _begins_another(at: int, post: PostIndex) -> bool:
    return post.breaks[at] >= SENTENCE_BREAK or _begins_amount(at, post)


def _begins_amount(at: int, post: PostIndex) -> bool:
    """A number or article after a comma or "and": the amount of the next ingredient."""
    words = post.words
    if at == 0 or not (is_number(words[at]) or words[at] in ARTICLES):
        return False
    before = words[at - 1]
    if before in _CONNECTING:
        # "1 cup and 2 tablespoons flour" is one amount.
        return at >= 2 and words[at - 2] not in UNIT_NAMES and not is_number(words[at - 2])
    return post.breaks[at] != NO_BREAK and before not in UNIT_NAMES


def _with_amount_line(start: int, end: int, post: PostIndex) -> range:
    """Take in the line before (or else after) when it is nothing but an amount."""
    if start > 0:
        before = post.line_at(start - 1).start
        if is_amount(post.words[before:start]):
            return range(before, end)
    if end < len(post.words):
        after = post.line_at(end).stop
        if is_amount(post.words[end:after]):
            return range(start, after)
    return range(start, end)
