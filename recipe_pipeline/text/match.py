"""Compare recipe lines whatever their spelling: similarity, one-to-one alignment, overlap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from recipe_pipeline.text.normalise import tokenise

#: Two lines are the same line when their token-sort ratio reaches this (0 to 100).
SAME_LINE_RATIO = 85.0


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


def overlap(left: Iterable[str], right: Iterable[str]) -> int:
    """How many tokens two token lists share, counting repeats."""
    return (Counter(left) & Counter(right)).total()
