"""Compare recipe lines whatever their spelling: similarity, one-to-one alignment, overlap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from recipe_pipeline.text.normalise import tokenise
from recipe_pipeline.text.numbers import NUMBER_WORDS

#: Two lines are the same line when their token-sort ratio reaches this (0 to 100).
SAME_LINE_RATIO = 85.0

#: A line is supported by a text when at least this share of its words stands together in it.
SUPPORT_SHARE = 0.8

_ARTICLES = ("a", "an")


def similarity(left: str, right: str) -> float:
    """Token-sort ratio of two lines, 0 to 100 (rapidfuzz ``ratio`` of the sorted tokens)."""
    from rapidfuzz import fuzz

    return fuzz.ratio(_sorted_form(left), _sorted_form(right))


@lru_cache(maxsize=65536)
def _sorted_form(line: str) -> str:
    return " ".join(sorted(tokenise(line)))


def align_lines(
    predicted: Sequence[str], gold: Sequence[str], threshold: float = SAME_LINE_RATIO
) -> list[tuple[int, int]]:
    """Pair lines one to one: ``(index in predicted, index in gold)``, ordered by gold index.

    Pairs reach ``threshold``. As many lines as possible are paired (a maximum matching, so a
    greedy choice never costs a line); the most similar pairs, then the nearest positions, are
    taken first.
    """
    if not predicted or not gold:
        return []
    from rapidfuzz import fuzz, process

    ratios = process.cdist(
        [_sorted_form(line) for line in predicted],
        [_sorted_form(line) for line in gold],
        scorer=fuzz.ratio,
        score_cutoff=threshold,
    ).tolist()
    edges = sorted(
        (-ratio, abs(i - j), i, j)
        for i, row in enumerate(ratios)
        for j, ratio in enumerate(row)
        if ratio >= threshold > 0
    )
    return _maximum_matching([(i, j) for _, _, i, j in edges])


def _maximum_matching(edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Kuhn's augmenting paths over a greedy start; ``edges`` come best first."""
    neighbours: dict[int, list[int]] = defaultdict(list)
    of_gold: dict[int, int] = {}
    paired: set[int] = set()
    for i, j in edges:
        neighbours[i].append(j)
        if i not in paired and j not in of_gold:
            of_gold[j] = i
            paired.add(i)

    def augment(i: int, seen: set[int]) -> bool:
        for j in neighbours[i]:
            if j not in seen:
                seen.add(j)
                if j not in of_gold or augment(of_gold[j], seen):
                    of_gold[j] = i
                    return True
        return False

    for i in neighbours:
        if i not in paired:
            augment(i, set())
    return sorted(((i, j) for j, i in of_gold.items()), key=lambda pair: pair[1])


class TextIndex:
    """Where the words of one text stand, to ask whether the text supports a line."""

    def __init__(self, text: str) -> None:
        self._tokens = [NUMBER_WORDS.get(token, token) for token in tokenise(text)]
        self._joined = f" {' '.join(self._tokens)} "

    @cached_property
    def _positions(self) -> dict[str, list[int]]:
        positions: dict[str, list[int]] = defaultdict(list)
        for position, token in enumerate(self._tokens):
            positions[token].append(position)
        for token in list(positions):
            if (single := _singular(token)) != token:
                positions[single] = sorted(positions[single] + positions.pop(token))
        # "a cup" says "1 cup"
        ones = [p for article in _ARTICLES for p in positions.get(article, ())]
        if ones:
            positions["1"] = sorted(positions["1"] + ones)
        return dict(positions)

    def supports(self, line: str, strict_numbers: bool = True) -> bool:
        """Whether the words of ``line`` stand together in the text, in any order.

        True when a window of 1.5 times the line's length plus 6 tokens holds at least 80 % of the
        line's distinct words and, with ``strict_numbers``, every number of it. A line without
        words is supported. Number words count as numbers ("two" is "2").
        """
        tokens = [NUMBER_WORDS.get(token, token) for token in tokenise(line)]
        if f" {' '.join(tokens)} " in self._joined:
            return True
        distinct = {_singular(token) for token in tokens}
        numbers = {t for t in distinct if t[0].isdigit()} if strict_numbers else set()
        words = distinct - numbers
        if not numbers <= self._positions.keys():
            return False
        found = {t for t in words if t in self._positions}
        if len(found) < SUPPORT_SHARE * len(words):
            return False
        window = len(tokens) + len(tokens) // 2 + 6
        return self._window_holds(found | numbers, words, numbers, window)

    def _window_holds(self, found: set[str], words: set[str], numbers: set[str], window: int):
        """Slide over the places of ``found`` tokens; stop at the first window that is enough."""
        places = sorted((p, token) for token in found for p in self._positions[token])
        counts: dict[str, int] = defaultdict(int)
        have_words = have_numbers = start = 0
        for position, token in places:
            counts[token] += 1
            if counts[token] == 1:
                have_numbers += token in numbers
                have_words += token in words
            while places[start][0] <= position - window:
                leaving = places[start][1]
                counts[leaving] -= 1
                if counts[leaving] == 0:
                    have_numbers -= leaving in numbers
                    have_words -= leaving in words
                start += 1
            if have_numbers == len(numbers) and have_words >= SUPPORT_SHARE * len(words):
                return True
        return not words and not numbers


@lru_cache(maxsize=65536)
def _singular(token: str) -> str:
    """A rough singular, the same on both sides of a comparison ("cups" -> "cup")."""
    if len(token) > 3 and token.endswith("s") and not token.endswith("ss"):
        return token[:-1]
    return token


def overlap(left: Iterable[str], right: Iterable[str]) -> int:
    """How many tokens two token lists share, counting repeats."""
    return (Counter(left) & Counter(right)).total()
