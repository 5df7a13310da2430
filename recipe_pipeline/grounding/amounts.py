"""Does a stretch of a post give the amounts of an ingredient line?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from recipe_pipeline.grounding.post_index import is_number
from recipe_pipeline.text.vocabulary import BASE_AMOUNTS, UNIT_NAMES

ARTICLES = frozenset({"a", "an"})
# What is left of a line's degree when the post gives another amount, or another unit to it.
OTHER_AMOUNT = 0.2
OTHER_UNIT = 0.3


def amount_factor(
    words: Sequence[str], stretch: Sequence[str], explicit: bool, may_convert: bool = True
) -> tuple[float, str]:
    """1 when every amount of the label stands in the stretch, less when the post says another.

    ``may_convert``: whether an equal amount in another unit will do.
    """
    numbers = Counter(filter(is_number, words))
    given = Counter(filter(is_number, stretch))
    measured = [unit for number, unit in _amounts(words) if number == "1"]
    if set(measured) <= set(stretch) and (_has_article(words, stretch) or not (given or explicit)):
        given["1"] += 1  # "an onion", "onion": one onion
    missing = numbers - given
    if missing and not (may_convert and _same_in_other_unit(words, stretch)):
        said = ", ".join(filter(is_number, stretch)) or "none"
        return OTHER_AMOUNT, f"amount {', '.join(sorted(missing))}; the post says {said}"
    own = _amounts(words)
    bare = {word for word in numbers if word not in {number for number, _ in own}}
    for number, unit in own + [(number, "") for number in bare]:
        units = {u for n, u in _amounts(stretch) if n == number}
        # "2 garlic cloves" has its unit further behind.
        other = units and unit not in units and not units & set(words)
        if not missing and (other or (unit in BASE_AMOUNTS and unit not in stretch)):
            said = ", ".join(sorted(units)) or "none"
            return OTHER_UNIT, f"unit {unit or 'none'}; the post says {said}"
    return 1.0, ""


def _has_article(words: Sequence[str], stretch: Sequence[str]) -> bool:
    """Whether "a" or "an" stands at most two words before a word of the line."""
    return any(
        word in ARTICLES and set(stretch[at + 1 : at + 3]) & set(words)
        for at, word in enumerate(stretch)
    )


def _amounts(words: Sequence[str]) -> list[tuple[str, str]]:
    """(number, unit) wherever a unit follows a number directly."""
    return [
        (word, words[at + 1])
        for at, word in enumerate(words[:-1])
        if is_number(word) and words[at + 1] in UNIT_NAMES
    ]


def _same_in_other_unit(words: Sequence[str], stretch: Sequence[str]) -> bool:
    """Whether every amount has an equal one (within 3 %) in another unit of the same kind."""

    def base(pairs: list[tuple[str, str]]) -> list[tuple[str, float]]:
        return [
            (BASE_AMOUNTS[unit][0], float(number) * BASE_AMOUNTS[unit][1])
            for number, unit in pairs
            if unit in BASE_AMOUNTS
        ]

    told = _amounts(stretch)
    units = {unit for _, unit in told}
    asked, given = base([pair for pair in _amounts(words) if pair[1] not in units]), base(told)
    if not asked or len(asked) < len(list(filter(is_number, words))):
        return False
    return all(
        any(k == kind and abs(size - a) <= 0.03 * a for k, size in given) for kind, a in asked
    )
