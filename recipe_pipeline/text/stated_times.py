"""Which times a text states, and of which kind.

A time is stated when a label of its kind (``Prep time``, ``Cooking time:``, ``Ready in``, ...) is
before a duration, at most two line breaks away, or behind it on the same line (``20 min prep``). Of
a range ("27-30 minutes") both ends are stated.

All functions read the output of `normalise.simplify` without runs of blanks (see `squeeze`).
"""

from __future__ import annotations

import re

from recipe_pipeline.text.durations import COOKING_UNIT, HOURS_OR_MINUTES, parse_seconds
from recipe_pipeline.text.numbers import NUMBER_WORDS

KINDS = {
    "prep": r"(?:prep(?:aration)?|active|hands[- ]on)",
    "cook": r"(?:cook(?:ing)?|bak(?:e|ing)|grill(?:ing)?|roast(?:ing)?|fry(?:ing)?)",
    "total": r"(?:total|overall)",
}
_KIND = "|".join(f"(?P<{kind}>{action})" for kind, action in KINDS.items())
# "Cook for 5 minutes" is a step, not a cooking time: the label needs "time" or a colon behind it.
_LABEL = re.compile(
    rf"\b(?:(?:{_KIND})(?:[ \t]*times?\b|(?=[ \t]*[:|=-]))|(?:ready|done|on the table)[ \t]+in\b)"
)
_NUMBER = (
    r"(?:\d+(?:\.\d+)?|\b(?:" + "|".join(NUMBER_WORDS) + r"|an?)\b(?:[ \t]+(?:of[ \t]+)?an?\b)?)"
)
_TERM = rf"{_NUMBER}[ \t]*-?[ \t]*{COOKING_UNIT}"
_TERMS = rf"{_TERM}(?:(?:[ \t]*,?[ \t]*(?:and|plus)?[ \t]*){_TERM})*"
_DURATION = re.compile(
    rf"(?:{_NUMBER}[ \t]*(?:{COOKING_UNIT}[ \t]*)?(?:-|to|or)[ \t]*)?{_TERMS}"
    rf"|\d{{1,2}}:[0-5]\d|(?!1[ \t]*\n)\d{{1,3}}(?![\d./%])"  # the 1 of "Cooking:\n1\n" numbers a step
)
_ANY_DURATION = re.compile(_TERMS)
# Led by a digit: the common case, which the regular expression engine finds fast. Bounded, since a
# page may hold a number of thousands of digits.
_DIGIT_DURATION = re.compile(
    rf"[0-9][0-9.]{{0,15}}[ \t]*(?:(?:{COOKING_UNIT}[ \t]*)?(?:-|to|or)[ \t]*{_TERM}|-?[ \t]*{COOKING_UNIT})"
    rf"(?:[ \t]*,?[ \t]*(?:and|plus)?[ \t]*{_TERM})*"
)
_SPELT_UNIT = re.compile(r"(?<![\d.][ \t-])(?<!\d)(?:hour|minute|day)s?\b")
# "20 min prep": the duration before the bare word, which ends the phrase.
_BEHIND = re.compile(
    rf"(?P<before>[0-9][^\n|,;(]{{0,20}}?{HOURS_OR_MINUTES}\.?)[ \t]+(?:{_KIND})\b"
    r"(?=[ \t]*(?:$|[\n|,;.+&/)]|and\b))"
)
_GAP = re.compile(
    r"(?:[^\w\n]{0,6}\n?){0,3}(?:(?:is|of|about|around|approx\w*|roughly|just|under|over|only|up|to)\b"
    r"[ \t]*|[~:|-][ \t]*)*"
)
_CARD_LABEL = re.compile(
    rf"(?m)^[^\w\n]*(?:(?:{_KIND})(?:[ \t]*times?\b|(?=[ \t]*[:|=]))|ready[ \t]+in\b)"
)
_BLANKS = re.compile(r"[ \t]{2,}")
_LOOK_BACK = 40


def squeeze(simple: str) -> str:
    """``simple`` with runs of blanks as one: the expressions take cubic time on long runs."""
    return _BLANKS.sub(" ", simple)


def labelled_minutes(simple: str) -> dict[str, set[int]]:
    """Minutes of every labelled duration, by kind (``prep``, ``cook``, ``total``)."""
    stated: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for label in _LABEL.finditer(simple):
        stated[label.lastgroup or "total"] |= _minutes_beside(simple, label)
    for behind in _BEHIND.finditer(simple):
        stated[behind.lastgroup] |= _trailing_minutes(behind["before"])
    return stated


def _minutes_beside(simple: str, label: re.Match[str]) -> set[int]:
    line = simple[max(0, label.start() - _LOOK_BACK) : label.start()]
    before = _trailing_minutes(line.rpartition("\n")[2])
    if before and re.match(r"[ \t]*[|]", simple[label.end() : label.end() + 5]):
        return before  # a row of "20 min prep | 40 min cook"
    value = _duration_behind(simple, label)
    return _minutes_of(value) if value else before


def _duration_behind(simple: str, label: re.Match[str]) -> str:
    value = _DURATION.match(simple, _GAP.match(simple, label.end()).end())
    return value.group() if value else ""


def minutes_on_cards(simple: str) -> dict[str, set[int]]:
    """As `labelled_minutes`, but only labels that open a line before a duration with a unit."""
    found: dict[str, set[int]] = {kind: set() for kind in KINDS}
    for label in _CARD_LABEL.finditer(simple):
        value = _duration_behind(simple, label)
        if not value.isdigit():
            found[label.lastgroup or "total"] |= _minutes_of(value)
    return found


def all_minutes(simple: str) -> set[int]:
    """Minutes of every duration, labelled or not ("bake for 1 h 10 min" mentions 70)."""
    found: set[int] = set()
    for match in _DIGIT_DURATION.finditer(simple):
        found |= _minutes_of(match.group())
    for unit in _SPELT_UNIT.finditer(simple):
        before = simple[max(0, unit.start() - _LOOK_BACK) : unit.end()]
        found |= _trailing_minutes(before.rpartition("\n")[2])
    return found


def _trailing_minutes(line: str) -> set[int]:
    """Minutes of the duration that ends ``line``."""
    matches = list(_ANY_DURATION.finditer(line))
    if not matches or line[matches[-1].end() :].strip(" \t(of"):
        return set()
    return _minutes_of(matches[-1].group())


def _minutes_of(duration: str) -> set[int]:
    """Both ends of a range in minutes; empty for words that are not a duration."""
    readings = [duration]
    bounds = re.split(r"\s*(?:-(?=\s*\d)|\bto\b|\bor\b)\s*", duration, maxsplit=1)
    if len(bounds) == 2:
        low, high = bounds
        unit = re.search(r"[a-z]+", high)
        readings = [low if re.search(r"[a-z]", low) or not unit else f"{low} {unit.group()}", high]
    seconds = [parse_seconds(reading.strip()) for reading in readings]
    return {round(value / 60) for value in seconds if value}
