"""Does a stretch of a post give the amounts of an ingredient line?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise, zip_longest

from recipe_pipeline.grounding.post_index import STOP_WORDS, is_number
from recipe_pipeline.text.vocabulary import BASE_AMOUNTS, NOT_FOR_FOOD, UNIT_NAMES

ARTICLES = frozenset({"a", "an"})
# What remains of a line's score when the post gives another amount, or another unit with it.
OTHER_AMOUNT = 0.2
OTHER_UNIT = 0.3
_TOLERANCE = 0.03


def has_amount(words: Sequence[str]) -> bool:
    """Whether there is an amount, also in words ("a pinch of", "an egg"); "in 1-inch cubes" is not one,
    nor "use a good one"."""
    if words and words[0] in ARTICLES:
        return True
    return any(
        after not in NOT_FOR_FOOD
        and (is_number(word) or (word in ARTICLES and after in UNIT_NAMES))
        and not (word == "1" and not after and ARTICLES & set(words[max(0, at - 2) : at]))
        for at, (word, after) in enumerate(zip_longest(words, words[1:], fillvalue=""))
    )


def is_amount(words: Sequence[str]) -> bool:
    """Whether ``words`` are nothing but an amount of food: "2 cups", "about 3"."""
    return (
        len(words) <= 4
        and any(map(is_number, words))
        and all(is_number(w) or w in UNIT_NAMES - NOT_FOR_FOOD or w in STOP_WORDS for w in words)
    )


class Amounts:
    """The numbers among some tokens, and the unit right after each."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words
        self.numbers = [word for word in words if is_number(word)]
        self.measured = [
            (word, unit) for word, unit in pairwise(words) if is_number(word) and unit in UNIT_NAMES
        ]

    @cached_property
    def units(self) -> set[str]:
        """The units that follow a number."""
        return {unit for _, unit in self.measured}

    def units_of(self, number: str) -> set[str]:
        """The units that follow this number."""
        return {unit for own, unit in self.measured if own == number}

    def with_units(self) -> list[tuple[str, str]]:
        """Every distinct (number, unit), "" for a number without one."""
        bare = dict.fromkeys(n for n in self.numbers if not self.units_of(n))
        return [*self.measured, *((number, "") for number in bare)]


def compare_amounts(
    words: Sequence[str], stretch: Sequence[str], explicit: bool, may_convert: bool
) -> tuple[float, str]:
    """The factor for a line's score, and why it is below 1.

    1 when ``stretch`` gives every amount of ``words``. ``explicit``: a food without any number does
    not say "1". ``may_convert``: an equal amount in another unit will do.
    """
    line, given = Amounts(words), Amounts(stretch)
    missing = _missing_numbers(line, given, explicit)
    if missing:
        if may_convert and _equal_in_other_unit(line, given):
            return 1.0, ""
        said = ", ".join(given.numbers) or "none"
        return OTHER_AMOUNT, f"amount {', '.join(sorted(missing))}; the post says {said}"
    for number, unit in line.with_units():
        if not _unit_fits(number, unit, line, given):
            said = ", ".join(sorted(given.units_of(number))) or "none"
            return OTHER_UNIT, f"unit {unit or 'none'}; the post says {said}"
    return 1.0, ""


def _missing_numbers(line: Amounts, given: Amounts, explicit: bool) -> Counter[str]:
    missing = Counter(line.numbers) - Counter(given.numbers)
    if missing["1"] and _implies_one(line, given, explicit):
        missing["1"] -= 1
    return +missing


def _implies_one(line: Amounts, given: Amounts, explicit: bool) -> bool:
    """Whether the stretch says "1" without a number: "an onion", or just "onion"."""
    if not line.units_of("1") <= set(given.words):
        return False
    return not (given.numbers or explicit)


def _unit_fits(number: str, unit: str, line: Amounts, given: Amounts) -> bool:
    """Whether the stretch gives ``number`` in this unit, or leaves the unit open."""
    if unit in BASE_AMOUNTS and unit not in given.words:
        return False
    units = given.units_of(number)
    # The line may have the unit further behind: "2 garlic cloves".
    return not units or unit in units or bool(units & set(line.words))


def _equal_in_other_unit(line: Amounts, given: Amounts) -> bool:
    """Whether every amount has an equal one (within 3 %) in another unit of the same kind."""
    wanted = _sizes([pair for pair in line.measured if pair[1] not in given.units])
    if not wanted or len(wanted) < len(line.numbers):
        return False
    offered = _sizes(given.measured)
    return all(
        any(kind == other and abs(size - much) <= _TOLERANCE * much for other, size in offered)
        for kind, much in wanted
    )


def _sizes(measured: list[tuple[str, str]]) -> list[tuple[str, float]]:
    """("g", grams) or ("ml", milliliters) of every amount in such a unit."""
    return [
        (BASE_AMOUNTS[unit][0], float(number) * BASE_AMOUNTS[unit][1])
        for number, unit in measured
        if unit in BASE_AMOUNTS
    ]
