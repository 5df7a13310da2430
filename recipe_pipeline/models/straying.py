"""Answers that have left the page: lines that it does not have, or has fewer times than the answer.

Ingredients and steps are copies of page lines, so a small model that loses its way is noticed by its
lines long before it reaches the token limit: it goes on with another dish from memory, writes a step
label again and again, or lists the method among the ingredients.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass

from recipe_pipeline.schema.page_sections import METHOD_HEADING

# 98 % of 2,411 gold ingredients and steps of 120 real pages are on their page word for word, and only
# one of the 240 lists has three lines in a row that are not.
FOREIGN_LINES = 3
STEPS_IN_A_ROW = 2
_FEWEST_INGREDIENTS = 2
_STEP_WORDS = 14  # an ingredient that is longer and ends like a sentence is a step

# A whole string, with the colon if it is a key.
_STRING = re.compile(r'"(?P<value>(?:[^"\\]|\\.)*)"(?P<colon>\s*:)?')
_OPEN_LINE = re.compile(r'(?:"text"\s*:|[\[,])\s*"(?P<line>(?:[^"\\]|\\.)*)\Z')
_LIST = re.compile(r'"(recipeIngredient|recipeInstructions)"\s*:\s*\[')
_SENTENCE = re.compile(r"[a-z)][.!](?:\s|$)")
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")


@dataclass(frozen=True)
class Stray:
    """``at`` is where the sound part of the answer ends, and ``closing`` what ends it for good.

    ``closing`` ends the list after what was probably the last ingredient, or a line that began as the
    page has it; "" if the next line has to be drawn anew.
    """

    at: int
    closing: str = ""


@dataclass(frozen=True)
class _Found:
    """A list: where its last sound line ends (or the list begins), the number of sound lines, and
    whether the list is lost or closed after them."""

    sound: int
    lines: int = 0
    is_lost: bool = False
    is_closed: bool = False


class PageLines:
    """What a page has, to compare the lines of an answer with."""

    def __init__(self, post: str) -> None:
        self._page = _plain(post)
        self._lines = [_plain(line) for line in post.splitlines()]
        self._counts: dict[str, int] = {}

    def stray(self, answer: str, in_loop: bool = False) -> Stray | None:
        """Where an unfinished ``answer`` has left the page, or None if it is sound so far.

        An answer that can no longer become JSON has left it as well, and so has one that ends in a
        loop within a list (``in_loop``).
        """
        broken = _broken_at(answer)
        sound = answer[:broken]
        seen: Counter[str] = Counter()
        for opening in _LIST.finditer(sound):
            found = self._in_list(sound, opening, seen)
            if in_loop and not (found.is_lost or found.is_closed):
                return self._cut_line(sound) or Stray(found.sound)
            if found.is_lost or (broken is not None and not found.is_closed):
                can_end = opening[1] == "recipeIngredient" and found.lines >= _FEWEST_INGREDIENTS
                # With the comma, since the model has learned "], as one token.
                return Stray(found.sound, "]," if can_end else "")
        return None

    def _cut_line(self, answer: str) -> Stray | None:
        """The line that ``answer`` ends in, cut where a line of the page ends; None without one."""
        last = _OPEN_LINE.search(answer)
        if last is None:
            return None
        for word in reversed(list(re.finditer(r"\S+", last["line"]))):
            copied = _plain(last["line"][: word.end()])
            if copied and any(line.endswith(copied) for line in self._lines):
                return Stray(last.start("line") + word.end(), '"')
        return None

    def _in_list(self, answer: str, opening: re.Match[str], seen: Counter[str]) -> _Found:
        is_ingredients = opening[1] == "recipeIngredient"
        sound = end = opening.end()
        foreign = steps = lines = 0
        key = ""
        for string in _STRING.finditer(answer, opening.end()):
            if "]" in answer[end : string.start()]:
                return _Found(sound, lines, is_closed=True)
            end = string.end()
            key, of = (string["value"] if string["colon"] else ""), key
            if key or of not in ("", "text"):
                continue
            line = _plain(_ESCAPE.sub(" ", string["value"]))
            seen[line] += 1
            foreign = 0 if self._count(line) else foreign + 1
            steps = steps + _step_signs(string["value"]) if is_ingredients else 0
            if (
                seen[line] > self._count(line) + 1
                or foreign == FOREIGN_LINES
                or steps >= STEPS_IN_A_ROW
            ):
                return _Found(sound, lines, is_lost=True)
            if not (foreign or steps or seen[line] > max(1, self._count(line))):
                sound, lines = end, lines + 1
        return _Found(sound, lines, is_closed="]" in answer[end:])

    def _count(self, line: str) -> int:
        if line not in self._counts:
            self._counts[line] = self._page.count(line) if line else 1
        return self._counts[line]


def _broken_at(answer: str) -> int | None:
    """Where ``answer`` stops being the beginning of a JSON document."""
    try:
        json.loads(answer, strict=False)
    except json.JSONDecodeError as error:
        is_open = error.msg.startswith(("Unterminated string", "Invalid \\"))
        if is_open or error.msg == "Extra data" or error.pos >= len(answer.rstrip()):
            return None
        return error.pos
    except RecursionError:
        return None
    return None


def _step_signs(value: str) -> int:
    """How surely an ingredient is a step: 0, 1, or 2 for several sentences or their heading."""
    if METHOD_HEADING.match(value):
        return STEPS_IN_A_ROW
    if len(value.split()) < _STEP_WORDS or not value.rstrip().endswith((".", "!")):
        return 0
    return 2 if len(_SENTENCE.findall(value)) > 1 and len(value.split()) >= 2 * _STEP_WORDS else 1


def _plain(text: str) -> str:
    """Letters and digits only: line ends, list marks and typography make no difference."""
    return "".join(filter(str.isalnum, text.casefold()))
