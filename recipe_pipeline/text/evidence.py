"""Which times and which yield the text of a page states.

The known recipe of a real page comes from the page's metadata and often holds a preparation time
or a yield that a reader of the text cannot see. Asking a model for it would measure guessing, so
such facts are scored only where the text states them:

- a *time* is stated when a label of its kind (``Prep time``, ``Cooking time:``, ``Ready in``, ...)
  stands before a duration of exactly that many minutes, at most two line breaks away, or behind it
  on the same line (``20 min prep``). Of a range ("27-30 minutes") both ends are stated;
- a *yield* is stated when one of its numbers stands next to a yield word (``Serves 4``,
  ``Yield: 4-6``, ``8 servings``) or next to the yield's own noun (``20 pieces``).
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache

from recipe_pipeline.text.durations import parse_seconds
from recipe_pipeline.text.match import NUMBER_WORDS, simplify, tokenise
from recipe_pipeline.text.yields import yield_numbers

_ACTIONS = {
    "prep": r"(?:prep(?:aration)?|active|hands[- ]on)",
    "cook": r"(?:cook(?:ing)?|bak(?:e|ing)|grill(?:ing)?|roast(?:ing)?|fry(?:ing)?)",
    "total": r"(?:total|overall)",
}
_KIND = "|".join(f"(?P<{kind}>{action})" for kind, action in _ACTIONS.items())
# "Cook for 5 minutes" is a step, not a cooking time: the label needs "time" or a colon behind it.
_LABEL = re.compile(
    r"\b(?:(?:"
    + _KIND
    + r")(?:[ \t]*times?\b|(?=[ \t]*[:|=-]))|(?:ready|done|on the table)[ \t]+in\b)"
)
_NUMBER = (
    r"(?:\d+(?:\.\d+)?|\b(?:" + "|".join(NUMBER_WORDS) + r"|an?)\b(?:[ \t]+(?:of[ \t]+)?an?\b)?)"
)
_UNIT = r"(?:days?|hours?|hrs?|h|minutes?|mins?|m|d)(?![a-z])\.?"
_TERM = rf"{_NUMBER}[ \t]*-?[ \t]*{_UNIT}"
_TERMS = rf"{_TERM}(?:(?:[ \t]*,?[ \t]*(?:and|plus)?[ \t]*){_TERM})*"
_DURATION = re.compile(
    rf"(?:{_NUMBER}[ \t]*(?:{_UNIT}[ \t]*)?(?:-|to|or)[ \t]*)?{_TERMS}"
    rf"|\d{{1,2}}:[0-5]\d|(?!1[ \t]*\n)\d{{1,3}}(?![\d./%])"  # "Cooking:\n1\n": a step's number
)
_ANY_DURATION = re.compile(_TERMS)
# Led by a digit: the common case, which the regular expression engine finds fast. Bounded, since a
# page may hold a number of thousands of digits.
_DIGIT_DURATION = re.compile(
    rf"[0-9][0-9.]{{0,15}}[ \t]*(?:(?:{_UNIT}[ \t]*)?(?:-|to|or)[ \t]*{_TERM}|-?[ \t]*{_UNIT})"
    rf"(?:[ \t]*,?[ \t]*(?:and|plus)?[ \t]*{_TERM})*"
)
_SPELT_UNIT = re.compile(r"(?<![\d.][ \t-])(?<!\d)(?:hour|minute|day)s?\b")
# "20 min prep": the duration before the bare word, which ends the phrase.
_BEHIND = re.compile(
    r"(?P<before>[0-9][^\n|,;(]{0,20}?(?:hours?|hrs?|h|minutes?|mins?|m)\.?)[ \t]+(?:"
    + _KIND
    + r")\b(?=[ \t]*(?:$|[\n|,;.+&/)]|and\b))"
)
_GAP = re.compile(
    r"(?:[^\w\n]{0,6}\n?){0,3}(?:(?:is|of|about|around|approx\w*|roughly|just|under|over|only|up|to)\b"
    r"[ \t]*|[~:|-][ \t]*)*"
)
_UP_TO = r"(?:[ \t]*(?:-|to|or)[ \t]*\d+)?"
_LABELLED_YIELD = re.compile(
    r"\b(?:(?:serves|feeds?|yields?|servings|makes)\b(?:\(s\))?[ \t]*[:|-]?|portions[ \t]*:)[ \t]*\n?[ \t]*"
    r"(?:about |approx\w* )?(?P<behind>\d+)"
    rf"|(?<![\d./-])(?P<before>\d+){_UP_TO}[ \t]+servings\b"
    rf"|\bfor (?P<people>\d+){_UP_TO}[ \t]+(?:hungry )?people\b"
)
_CARD_LABEL = re.compile(r"(?m)^[^\w\n]*(?:" + _KIND + r")(?:[ \t]*times?\b|(?=[ \t]*[:|=]))")
_CARD_YIELD = re.compile(
    r"(?m)^[^\w\n]*(?:(?:yields?|serves|servings|makes|portions)\b(?:\(s\))?[ \t]*[:|-]?[^\w\n]{0,4}\n?"
    rf"[^\w\n]{{0,4}}(?:about |approx\w* )?\d[^\n]{{0,30}}|\d+{_UP_TO}[ \t]*servings?$)"
)
_BLANKS = re.compile(r"[ \t]{2,}")
_LOOK_BACK = 40
_WORD_OF = {number: word for word, number in NUMBER_WORDS.items()}
_TENS_WORDS = ("", "", "twenty", "thirty", "forty", "fifty")

_YIELD_WORD = re.compile(
    r"\b(?:serv(?:es?|ings?)|yield(?:s|ing)?|makes?|portions?|feeds?|people|persons?|adults)\b"
)
_COUNT = r"(?P<count>[\w.]+(?:[ \t]*(?:-|to|or)[ \t]*[\w.]+)?)"
_COUNT_AFTER = re.compile(
    r"(?:\(s\))?(?:[^\w\n]{0,4}\n?){0,3}"
    rf"(?:(?:about|around|approx\w*|roughly|up to|is|of|size|makes|serves)[: \t]*)*{_COUNT}"
)
_COUNT_BEFORE = re.compile(rf"{_COUNT}[ \t]*-?[ \t]*\Z")


class PageEvidence:
    """The times and yields one text states (see the module's docstring for the rules)."""

    def __init__(self, text: str) -> None:
        # The expressions above may take cubic time on long runs of blanks (drawn lines are blanks).
        self._simple = _BLANKS.sub(" ", simplify(text))

    def stated_minutes(self, kind: str) -> set[int]:
        """Minutes of every duration labelled as the ``prep``, ``cook`` or ``total`` time."""
        return self._stated[kind]

    @cached_property
    def _stated(self) -> dict[str, set[int]]:
        stated: dict[str, set[int]] = {kind: set() for kind in _ACTIONS}
        for label in _LABEL.finditer(self._simple):
            found = stated[label.lastgroup or "total"]
            line = self._simple[max(0, label.start() - _LOOK_BACK) : label.start()]
            before = _trailing_minutes(line.rpartition("\n")[2])
            if before and re.match(r"[ \t]*[|]", self._simple[label.end() : label.end() + 5]):
                found |= before  # a row of "20 min prep | 40 min cook"
                continue
            gap = _GAP.match(self._simple, label.end())
            value = _DURATION.match(self._simple, gap.end())
            found |= _minutes_of(value.group()) if value else before
        for behind in _BEHIND.finditer(self._simple):
            stated[behind.lastgroup] |= _trailing_minutes(behind["before"])
        return stated

    @cached_property
    def mentioned_minutes(self) -> set[int]:
        """Minutes of every duration, labelled or not ("bake for 1 h 10 min" mentions 70)."""
        found: set[int] = set()
        for match in _DIGIT_DURATION.finditer(self._simple):
            found |= _minutes_of(match.group())
        for unit in _SPELT_UNIT.finditer(self._simple):
            before = self._simple[max(0, unit.start() - _LOOK_BACK) : unit.end()]
            found |= _trailing_minutes(before.rpartition("\n")[2])
        return found.union(*(self.stated_minutes(kind) for kind in _ACTIONS))

    def may_mention(self, minutes: int) -> bool:
        """False only when no spelling of ``minutes`` can be in the text: no such figure or word."""
        if minutes >= 60 or minutes % 15 == 0:  # "an hour and a half", "a quarter of an hour"
            return True
        tens = _TENS_WORDS[minutes // 10] if minutes > 20 else _WORD_OF.get(str(minutes), " ")
        return str(minutes) in self._simple or tens in self._simple

    def states_yield(self, recipe_yield: str) -> bool:
        """Whether the text states ``recipe_yield``; false for a yield without a number."""
        numbers = yield_numbers(recipe_yield)
        if numbers & self._yield_numbers:
            return True
        nouns = [t for t in tokenise(recipe_yield) if t.isalpha() and t not in NUMBER_WORDS]
        return any(
            re.search(
                rf"(?<![\d.]){re.escape(number)}[ \t]+{re.escape(noun.rstrip('s'))}", self._simple
            )
            for number in numbers
            for noun in nouns
            if len(noun) > 2
        )

    def card_minutes(self, kind: str) -> set[int]:
        """Those of `stated_minutes` whose label opens a line and that have a unit, as on a card: "Prep
        time: 10 min"."""
        found: set[int] = set()
        for label in _CARD_LABEL.finditer(self._simple):
            value = _DURATION.match(self._simple, _GAP.match(self._simple, label.end()).end())
            if label.lastgroup == kind and value and not value[0].isdigit():
                found |= _minutes_of(value.group())
        return found & self.stated_minutes(kind)

    def card_yield(self) -> str:
        """A line that opens with a label of the yield and its number, or "" for none."""
        match = _CARD_YIELD.search(self._simple)
        return " ".join(match[0].split()) if match else ""

    def labels_yield(self, recipe_yield: str) -> bool:
        """Whether the text gives a number of ``recipe_yield`` as its yield: beside "serves", "makes",
        "yield" or "servings", not where it divides a dough, or as the size of a serving."""
        found = {match[match.lastgroup] for match in _LABELLED_YIELD.finditer(self._simple)}
        return bool(found & yield_numbers(recipe_yield))

    @cached_property
    def _yield_numbers(self) -> set[str]:
        found: set[str] = set()
        for word in _YIELD_WORD.finditer(self._simple):
            start, end = word.span()
            beside = (
                _COUNT_AFTER.match(self._simple, end),
                _COUNT_BEFORE.search(self._simple[max(0, start - _LOOK_BACK) : start]),
            )
            for match in filter(None, beside):
                found |= yield_numbers(match["count"])
        return found


@lru_cache(maxsize=64)
def evidence_in(text: str) -> PageEvidence:
    """The (cached) evidence of a text: every model of a comparison is scored on the same posts."""
    return PageEvidence(text)


def mentions_minutes(text: str, minutes: int) -> bool:
    """Whether a duration of ``minutes`` is mentioned, also glued to its label or told in words.

    "Cook50 minutesTotal", "an hour and a half". Reading those takes longer, so it is done only for
    what the plain reading does not find.
    """
    evidence = evidence_in(text)
    if minutes in evidence.mentioned_minutes:
        return True
    return evidence.may_mention(minutes) and minutes in _plain_minutes(text)


@lru_cache(maxsize=64)
def _plain_minutes(text: str) -> set[int]:
    # Grounding builds on this module, so it is imported late.
    from recipe_pipeline.grounding.post_index import plain_words
    from recipe_pipeline.text.labelled_times import labelled_times

    return PageEvidence(labelled_times(plain_words(text))).mentioned_minutes


def _trailing_minutes(line: str) -> set[int]:
    """Minutes of the duration that ends ``line``."""
    matches = list(_ANY_DURATION.finditer(line))
    if not matches or line[matches[-1].end() :].strip(" \t(of"):
        return set()
    return _minutes_of(matches[-1].group())


def _minutes_of(duration: str) -> set[int]:
    """Both ends of a range in minutes; empty when the words are no duration."""
    readings = [duration]
    bounds = re.split(r"\s*(?:-(?=\s*\d)|\bto\b|\bor\b)\s*", duration, maxsplit=1)
    if len(bounds) == 2:
        low, high = bounds
        unit = re.search(r"[a-z]+", high)
        readings = [low if re.search(r"[a-z]", low) or not unit else f"{low} {unit.group()}", high]
    seconds = [parse_seconds(reading.strip()) for reading in readings]
    return {round(value / 60) for value in seconds if value}
