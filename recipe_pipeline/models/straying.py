"""Answers that have left the page: lines that it does not have, or has fewer times than the answer.

Ingredients and steps are copies of page lines, so a small model that loses its way is noticed by its
lines long before it reaches the token limit: it goes on with another dish from memory, writes a step
label again and again, or lists the method among the ingredients.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

# Of 2,411 ingredients and steps of 120 real pages, 98 % stand on their page word for word; three that
# do not follow each other in one list.
FOREIGN_LINES = 3
STEPS_IN_A_ROW = 2
_STEP_WORDS = 14  # an ingredient that is longer and ends like a sentence is a step

# A key, or the value of "text", or a string in a list, each with its closing quotation mark.
_STRING = re.compile(r'(?P<key>"[@\w]+"\s*:\s*)?"(?P<value>(?:[^"\\]|\\.)*)"(?!\s*:)')
_LIST = re.compile(r'"(recipeIngredient|recipeInstructions)"\s*:\s*\[')
_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")


@dataclass(frozen=True)
class Stray:
    """``at`` is where the last sound line of the list ends: after its closing quotation mark."""

    at: int
    in_ingredients: bool


class PageLines:
    """What a page has, to compare the lines of an answer with."""

    def __init__(self, post: str) -> None:
        self._page = _plain(post)
        self._counts: dict[str, int] = {}

    def stray(self, answer: str) -> Stray | None:
        """Where an unfinished ``answer`` has left the page, or None if it is sound so far."""
        seen: Counter[str] = Counter()
        for opening in _LIST.finditer(answer):
            at = self._in_list(answer, opening, seen)
            if at is not None:
                return Stray(at, opening[1] == "recipeIngredient")
        return None

    def _in_list(self, answer: str, opening: re.Match[str], seen: Counter[str]) -> int | None:
        """Where the last sound line ends (or the list begins), if others follow."""
        sound = end = opening.end()
        foreign = steps = 0
        for string in _STRING.finditer(answer, opening.end()):
            if "]" in answer[end : string.start()]:
                return None
            end = string.end()
            if string["key"] and not string["key"].startswith('"text"'):
                continue
            line = _plain(_ESCAPE.sub(" ", string["value"]))
            seen[line] += 1
            if seen[line] > self._count(line) + 1:
                return sound
            foreign = 0 if self._count(line) else foreign + 1
            is_step = opening[1] == "recipeIngredient" and _is_step(string["value"])
            steps = steps + 1 if is_step else 0
            if foreign == FOREIGN_LINES or steps == STEPS_IN_A_ROW:
                return sound
            if not (foreign or steps):
                sound = end
        return None

    def _count(self, line: str) -> int:
        if line not in self._counts:
            self._counts[line] = self._page.count(line) if line else 1
        return self._counts[line]


def _is_step(value: str) -> bool:
    return len(value.split()) >= _STEP_WORDS and value.rstrip().endswith((".", "!"))


def _plain(text: str) -> str:
    """Letters and digits only: line ends, list marks and typography make no difference."""
    return "".join(filter(str.isalnum, text.casefold()))
