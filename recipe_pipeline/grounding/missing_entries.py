"""List entries of a post that its label leaves out, found without knowing the source recipe.

Entries are looked for between and beside the lines that the label has, by their looks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile

from recipe_pipeline.grounding.entries import (
    INGREDIENT,
    MOST_OTHER_LINES,
    OPENERS,
    STEP,
    EntryKind,
)
from recipe_pipeline.grounding.post_index import (
    HEADINGS,
    STOP_WORDS,
    VERBS,
    PostIndex,
    canonical,
    content_words,
    holds_word,
    index_of,
    is_number,
    line_tokens,
)
from recipe_pipeline.text.vocabulary import DESCRIBING, NOT_FOR_FOOD, UNIT_NAMES

# Share of its numbers and words by which a line of a post is recognised in the label.
_SAME_ENTRY = 0.65
# Groups of foods: "Lemon drizzle" between two entries is the heading of the next ones.
_GROUPS = frozenset(map(canonical, [
    "assembly", "base", "batter", "cake", "coating", "crumble", "crust", "dough", "dressing", "drizzle",
    "filling", "frosting", "garnish", "glaze", "icing", "layer", "marinade", "rub", "seasoning", "swirl", "topping",
]))  # fmt: skip
_OPEN_A_LIST = frozenset(
    map(canonical, ["ingredients", "instructions", "directions", "method", "steps"])
)
_DESCRIBING = frozenset(map(canonical, DESCRIBING.split())) - {"salt"}  # from "salted"
_LONGEST_FOOD = 6  # tokens of a line with a food and no amount before it
_IN_PROSE = 1.5  # entries per line
# What ends an entry in a paragraph; the "and" of "salt and pepper" does not.
_PROSE_ENDS = {
    INGREDIENT.field: re.compile(
        r"[.!?,:] +(?:and +|plus +)?|(?: and| plus) +(?=\d)|[.!]$", re.MULTILINE
    ),
    STEP.field: re.compile(r"(?<=[.!?]) +"),
}
# "Stir in the cabbage.100 g flour, 2 eggs": some cards list the foods of a step below it, and copying
# glues them to it.
_GLUED_FOODS = re.compile(r"(?<=[a-z)])\.(?=\w)")


def missing_entries(
    kind: EntryKind,
    entries: Sequence[str],
    headings: Sequence[str],
    others: Sequence[str],
    post: PostIndex,
) -> list[str]:
    """The entries of ``kind`` that a post has among or beside ``entries`` and a label lacks.

    ``headings`` of the label may be what a line says. ``others``: the label's other list; steps mention the
    foods that are listed without an amount, and some cards repeat ingredients below a step.
    """
    found = _LabelEntries(kind, entries, headings, others, post)
    if found.are_in_prose():
        one_a_line = index_of(_PROSE_ENDS[kind.field].sub("\n", post.tokens.plain))
        found = _LabelEntries(kind, entries, headings, others, one_a_line)
    return found.missing()


def _food_words(words: Sequence[str]) -> list[str]:
    """The words that may name a food of a line without an amount, or with one behind it; [] if there is
    none, or a number elsewhere."""
    end = -1 if is_number(words[-1]) else -2 if words[-1] in UNIT_NAMES - NOT_FOR_FOOD else None
    if any(map(is_number, words[:end])):
        return []
    named = [word for word in content_words(words) if word not in UNIT_NAMES | _DESCRIBING]
    return [word for word in named if word not in VERBS] or (named if len(words) == 1 else [])


def _is_group(words: Sequence[str], foods: Sequence[str]) -> bool:
    is_sentence = words[0] in OPENERS or "the" in words
    return is_sentence or words[-1] in _GROUPS or set(foods) <= HEADINGS | {"sauc"}


class _LabelEntries:
    """The entries of one kind in a label, and the lines of the post that they are on."""

    def __init__(
        self,
        kind: EntryKind,
        entries: Sequence[str],
        headings: Sequence[str],
        others: Sequence[str],
        post: PostIndex,
    ) -> None:
        self._kind = kind
        self._post = post
        self._entries = [(self._spelt(text), self._lines_of(text)) for text in entries]
        self._entries += [(self._spelt(text), []) for text in headings]
        self._others = [self._spelt(text) for text in others]
        self._told = f" {' '.join(word for text in others for word in line_tokens(text).words)} "
        self._own = sorted({line for _, lines in self._entries if lines for line in lines[-1]})

    def are_in_prose(self) -> bool:
        """Whether many entries share their lines, as in a paragraph."""
        found = [lines for _, lines in self._entries if lines]
        return len(found) > 2 and len(found) >= _IN_PROSE * len(self._own)

    def missing(self) -> list[str]:
        """The lines inside the list or beside it that look like entries and are not in the label."""
        return [
            self._post.line_text(number)
            for number in self._candidates()
            if not self._is_known(number)
        ]

    def _spelt(self, text: str) -> set[str]:
        return {self._post.spelt(word) for word in line_tokens(text).words}

    def _lines_of(self, text: str) -> list[range]:
        """The lines of each place that has ``text``; a semicolon ends a line, too."""
        words = line_tokens(text).words
        number = self._post.line_number
        line_at, size = self._post.line_at, len(words)

        def is_whole(at: int) -> bool:
            return at == line_at(at).start and at + size == line_at(at + size - 1).stop

        # The last whole line counts: "Eggs" of a list, rather than the eggs of a step.
        places = sorted(self._post.places_of(words), key=is_whole)
        return [range(number(at), number(at + size - 1) + 1) for at in places]

    def _candidates(self) -> list[int]:
        if not self._own:
            return []
        inside = [
            line
            for first, second in pairwise(self._own)
            if second - first <= MOST_OTHER_LINES + 1
            for line in range(first + 1, second)
        ]
        inside += self._below_heading()
        # Links beside the list, such as "5 easy cookies for fall", have no unit.
        beside = [line for line in self._beside() if self._is_surely_entry(line)]
        foods = [line for line in (*inside, *beside) if self._is_bare_food(line)]
        return [*foods, *(line for line in (*inside, *beside) if self._looks_right(line))]

    def _below_heading(self) -> range:
        """The lines from the list's heading to the first known entry; empty if there is none near."""
        first = self._own[0]
        near = range(max(0, first - MOST_OTHER_LINES - 1), first)
        words = {at: set(content_words(self._post.line_words(at))) for at in near}
        headings = [at for at in near if words[at] & _OPEN_A_LIST and words[at] <= HEADINGS]
        return range(headings[-1] + 1, first) if headings else range(0)

    def _beside(self) -> list[int]:
        """Lines next to the list that are not further away than its lines are from each other."""
        gap = self._post.line_ends_before
        usual = max((gap(b) for a, b in pairwise(self._own) if b == a + 1), default=2)
        first, last = self._own[0], self._own[-1]
        below = range(last + 1, min(last + 1 + self._kind.reach, len(self._post.lines)))
        above = [first - 1] if first > 0 and gap(first) <= usual else []
        return [*above, *takewhile(lambda line: gap(line) <= usual, below)]

    def _looks_right(self, number: int) -> bool:
        return self._kind.looks_right(self._post.line_words(number), self._post.line_text(number))

    def _is_bare_food(self, number: int) -> bool:
        """Whether a line below an entry names a food of the steps, without an amount or with one behind
        it ("Salt", "Eggs - 2")."""
        words, text = self._post.line_words(number), self._post.line_text(number)
        if self._kind is STEP or len(words) > _LONGEST_FOOD or text.endswith((".", "!", "?", ":")):
            return False
        foods = _food_words(words)
        told = set().union(*self._others)
        if not told.issuperset(foods) or _is_group(words, foods) or self._is_in_a_step(words):
            return False
        return number - 1 in self._own

    def _is_in_a_step(self, words: Sequence[str]) -> bool:
        """Whether a few words are a part of a step: "but do not let it boil"."""
        return len(words) > 3 and f" {' '.join(words)} " in self._told

    def _is_surely_entry(self, number: int) -> bool:
        words = self._post.line_words(number)
        if not is_number(words[0]) or len(words) <= 3:
            return True
        # "1 (15 ounce) can" has its unit behind a second number, "1 small bunch" behind another word.
        named = [word for word in words if not is_number(word)]
        return any(word in UNIT_NAMES - NOT_FOR_FOOD for word in named[:2])

    def _is_known(self, number: int) -> bool:
        """Whether the label holds every part of a line."""
        known = [words for words, lines in self._entries if self._may_cover(number, words, lines)]
        entry, *glued = _GLUED_FOODS.split(self._post.line_text(number))
        foods = [food for line in glued for food in line.split(",")]
        return _is_covered(line_tokens(entry).words, known) and all(
            _is_covered(line_tokens(food).words, [*known, *self._others]) for food in foods
        )

    def _may_cover(self, number: int, words: set[str], lines: list[range]) -> bool:
        """Whether a text of the label, which is on ``lines``, may cover line ``number``."""
        if not lines or any(number in those for those in lines):
            return True
        # "1 tsp onion powder" on a line of its own does not cover "1 tsp garlic powder".
        return set(self._post.line_words(number)) - STOP_WORDS - OPENERS <= words


def _is_covered(words: Sequence[str], known: Sequence[set[str]]) -> bool:
    """Whether a text of the label holds most of ``words``; units of an ingredient do not count."""
    wanted = set(words) - STOP_WORDS - (UNIT_NAMES if words and is_number(words[0]) else set())
    return not wanted or any(
        sum(holds_word(text, word) for word in wanted) >= _SAME_ENTRY * len(wanted)
        for text in known
    )
