"""List entries of a post that its label leaves out, found without knowing the source recipe.

Entries are looked for between and beside the lines that the label has, by their looks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

from recipe_pipeline.grounding.asides import is_aside
from recipe_pipeline.grounding.post_index import (
    HEADINGS,
    STOP_WORDS,
    VERBS,
    PostIndex,
    canonical,
    content_words,
    holds_word,
    is_number,
    line_tokens,
)
from recipe_pipeline.text.durations import HOURS_OR_MINUTES
from recipe_pipeline.text.vocabulary import UNIT_NAMES

MAX_LIST_LINE = 18  # tokens; longer lines are prose, not list entries
MOST_OTHER_LINES = 3  # a list goes on after this many other lines; later ones are another list
# Share of its numbers and words by which a line of a post is recognised in the label.
SAME_ENTRY = 0.65

_OPENERS = frozenset(map(canonical, [
    "in", "on", "at", "when", "once", "after", "while", "meanwhile", "use", "then", "next",
    "for",
]))  # fmt: skip
_NOT_FOOD = frozenset({
    "serv", "minute", "hour", "day", "year", "calori", "rate", "review", "vote", "comment",
    "reply", "step",
})  # fmt: skip
_CHAT = frozenset(["i", "my", "me", "we", "us", "our", "photo", "link", "recip"])
# What a page asks of its reader, anywhere in a sentence ("When you try it, leave a comment!").
_PAGE_TALK = frozenset(
    map(canonical, ["newsletter", "comment", "copyright", "photograph", "subscribe", "repost"])
)
# Facts of the card: "Cook time 20 minutes", "Preparation15 min", "Makes 4 servings",
# "Description: charred chicken in a sauce."
_FACT_LINE = re.compile(
    r"\W*(?:(?:prep|cook|bak|total|ready|makes|serves)[a-z]*(?: ?time| ?in)?\W*\d"
    r"|(?:description|summary|category|course|cuisine|keywords?|author|notes?)\W*:)"
)
# "Set aside 10 minutes for the prep work. Start to finish it takes an hour." "When you try this, let me
# know how it goes!" "Ladle & Co."
_TALK = re.compile(
    r"\b(?:start to finish|for the prep|prep (?:work|time)|total time|let (?:me|us) know)\b|& co\."
)
_YEAR = re.compile(r"(?:19|20)\d\d")
# Not amounts: "10m prep" and "1 h 20 min" are times, "One-pot pasta" is the title of another post.
_NOT_AMOUNT = re.compile(
    rf"\W*(?:\d[\d.]*[ -]?{HOURS_OR_MINUTES}|one (?:pot|pan|bowl|skillet|sheet|dish))\b"
)
# "Stir in the cabbage.100 g flour, 2 eggs": some cards list the foods of a step below it, and copying
# glues them to it.
_GLUED_FOODS = re.compile(r"(?<=[a-z)])\.(?=\w)")


@dataclass(frozen=True)
class EntryKind:
    """One kind of list entry: its field in the label, and how its lines are found in a post.

    ``looks_right`` is given the tokens and the plain text of a line. ``reach``: how many lines below
    the list are looked at. ``headings``: the words that a heading of the list has.
    """

    field: str
    looks_right: Callable[[Sequence[str], str], bool]
    reach: int
    headings: frozenset[str]


def looks_like_ingredient(words: Sequence[str], text: str) -> bool:
    """A short line that opens with an amount, with a unit or a food behind it."""
    if not 1 < len(words) <= MAX_LIST_LINE or not is_number(words[0]):
        return False
    has_unit = words[1] in UNIT_NAMES
    if not has_unit and (len(words) > 8 or _YEAR.fullmatch(words[0])):  # (c) 2016 My Kitchen
        return False
    if not any(len(word) > 2 for word in content_words(words)) or _NOT_FOOD & set(words):
        return False
    return not _NOT_AMOUNT.match(text) and not text.endswith((".", "!", "?", ":"))


def looks_like_step(words: Sequence[str], text: str) -> bool:
    """A sentence that opens with a kitchen verb, or with "In a bowl, whisk ...", and is not chat."""
    if not text.endswith((".", ";", "!")) and len(words) < 6:
        return False
    if _CHAT & set(words[:7]) or _PAGE_TALK & set(words):
        return False
    if _FACT_LINE.match(text) or _TALK.search(text) or is_aside(text):
        return False
    # "Prep: mix the ..." names the part before the verb.
    named = ":" in text[:20] and len(words) > 1 and words[1] in VERBS
    if words[0] in VERBS or named:
        return not text.endswith("!") or len(words) > 6
    return words[0] in _OPENERS and len(words) > 6 and bool(VERBS & set(words[1:9]))


_OF_FOODS = frozenset({canonical("ingredients")})
_OF_STEPS = frozenset(map(canonical, ["instructions", "directions", "method", "steps"]))
# A label may end with a part of the ingredients. Below the steps are notes, which read like steps.
INGREDIENT = EntryKind("recipeIngredient", looks_like_ingredient, MOST_OTHER_LINES + 1, _OF_FOODS)
STEP = EntryKind("recipeInstructions", looks_like_step, 1, _OF_STEPS)


def lines_of_kind(kind: EntryKind, post: PostIndex) -> list[int]:
    """The numbers of all lines of a post that look like entries of ``kind``."""
    return [
        number
        for number in range(len(post.lines))
        if kind.looks_right(post.line_words(number), post.line_text(number))
    ]


class LabelEntries:
    """The entries of one kind in a label, and the lines of the post that they are on."""

    def __init__(
        self, kind: EntryKind, entries: Sequence[str], others: Iterable[str], post: PostIndex
    ) -> None:
        """``others``: further texts of the label that may contain what a line says."""
        self._kind = kind
        self._post = post
        self._entries = [(self._spelt(text), self._lines_of(text)) for text in entries]
        self._entries += [(self._spelt(text), []) for text in others]
        self._own = sorted({line for _, lines in self._entries if lines for line in lines[-1]})

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
        return [
            range(number(place), number(place + len(words) - 1) + 1)
            for place in self._post.places_of(words)
        ]

    def _candidates(self) -> list[int]:
        if not self._own:
            return []
        inside = [
            line
            for first, second in pairwise(self._own)
            if second - first <= MOST_OTHER_LINES + 1
            for line in range(first + 1, second)
        ]
        # Foods may be glued to the second half of a step.
        ends = {lines[-1][-1] for _, lines in self._entries if lines and len(lines[-1]) > 1}
        inside += [*self._below_heading(), *sorted(ends)]
        # Links beside the list, such as "5 easy cookies for fall", have no unit.
        beside = [line for line in self._beside() if self._is_surely_entry(line)]
        return [line for line in (*inside, *beside) if self._looks_right(line)]

    def _below_heading(self) -> range:
        """The lines from the list's heading to its first known entry; empty if there is none near."""
        first = self._own[0]
        for number in range(first - 1, max(-1, first - MOST_OTHER_LINES - 2), -1):
            if self._is_heading(number, self._kind.headings):
                return range(number + 1, first)
        return range(0)

    def _is_heading(self, number: int, of: frozenset[str]) -> bool:
        words = set(content_words(self._post.line_words(number)))
        return bool(words & of) and words <= HEADINGS

    def _beside(self) -> list[int]:
        """Lines next to the list that are not further away than its lines are from each other."""
        gap = self._post.line_ends_before
        usual = max((gap(b) for a, b in pairwise(self._own) if b == a + 1), default=2)
        first, last = self._own[0], self._own[-1]
        below = range(last + 1, min(last + 1 + self._kind.reach, len(self._post.lines)))
        above = [first - 1] if first > 0 and gap(first) <= usual else []
        return [
            *above,
            *takewhile(
                lambda line: gap(line) <= usual and not self._is_heading(line, _OF_STEPS), below
            ),
        ]

    def _looks_right(self, number: int) -> bool:
        return self._kind.looks_right(self._post.line_words(number), self._post.line_text(number))

    def _is_surely_entry(self, number: int) -> bool:
        words = self._post.line_words(number)
        if not is_number(words[0]) or len(words) <= 3:
            return True
        # "1 (15 ounce) can" has its unit behind a second number.
        return next((word for word in words if not is_number(word)), "") in UNIT_NAMES

    def _is_known(self, number: int) -> bool:
        """Whether the label holds every part of a line."""
        known = [words for words, lines in self._entries if self._may_cover(number, words, lines)]
        entry, *glued = _GLUED_FOODS.split(self._post.line_text(number))
        parts = [entry, *(food for foods in glued for food in foods.split(","))]
        return all(_is_covered(line_tokens(part).words, known) for part in parts)

    def _may_cover(self, number: int, words: set[str], lines: list[range]) -> bool:
        """Whether a text of the label, which is on ``lines``, may cover line ``number``."""
        if not lines or any(number in those for those in lines):
            return True
        # "1 tsp onion powder" on a line of its own does not cover "1 tsp garlic powder".
        return set(self._post.line_words(number)) - STOP_WORDS - _OPENERS <= words


def _is_covered(words: Sequence[str], known: Sequence[set[str]]) -> bool:
    """Whether a text of the label holds most of ``words``; units of an ingredient do not count."""
    wanted = set(words) - STOP_WORDS - (UNIT_NAMES if words and is_number(words[0]) else set())
    return not wanted or any(
        sum(holds_word(text, word) for word in wanted) >= SAME_ENTRY * len(wanted) for text in known
    )
