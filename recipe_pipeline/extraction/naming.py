"""The name of a recipe, checked against the page's title and the card's own heading.

A small model takes a category, an author or a sentence for the name of the dish now and then. The title
of the page tells what it is about; where the card has a heading that resembles it, that is the name, as
in the page's own data: the title is written for readers ("Fudgy Chocolate Pudding Cake (Easy!)"), the
heading names the recipe. A post without a title speaks of its dish more than once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from recipe_pipeline.extraction.page_lists import OTHER_HEADING, key_of, words_of
from recipe_pipeline.extraction.recipe_lines import (
    is_fact,
    is_ingredient_heading,
    is_method_heading,
)

_LONGEST = 100  # characters
_LIKE_THE_TITLE = 0.4  # of the heading's words
_OF_THE_NAME = 0.5  # of the words of name or title, whichever has fewer
_LONGEST_LINE = 70  # characters of a line that may name a post's dish
_MOST_WORDS = 8
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "how",
        "make",
        "recipe",
        "recipes",
        "easy",
        "best",
        "this",
        "that",
        "our",
        "your",
        "from",
        "new",
    ]
)
_MARKS = re.compile(r"^[^\w(]+|[^\w)\]]+$")
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")
_WORD = re.compile(r"\w+")
_SECTION = re.compile(
    r"\b(?:ingredients|instructions|directions|method|steps|notes|tips|equipment|nutrition|video|faqs?)$"
    r"|^(?:how|why|what|tips|notes|more)\b(?! to make)",
    re.IGNORECASE,
)


def named(document: dict[str, Any], title: str, text: str) -> dict[str, Any]:
    """``document`` with the name that the page gives its recipe; unchanged for several recipes.

    ``title`` is the page's, "" for a post; ``text`` is what the model read, with an empty line before
    the headings of a web page.
    """
    if not any(key in document for key in ("recipeIngredient", "recipeInstructions")):
        return document
    name = str(document.get("name", ""))
    if not title:
        foods = document.get("recipeIngredient", [])
        better = _spoken_of(name, foods, text) or _whole_line(name, text)
        return {**document, "name": better} if better else document
    return {**document, "name": _heading(title, text) or _checked(name, title)}


def _heading(title: str, text: str) -> str:
    """The first heading above the recipe's lists that resembles the title but is not the title."""
    lines = text.split("\n")
    for before, line in pairwise(lines):  # the first line is the title, or where the page is
        if is_ingredient_heading(line) or is_method_heading(line):
            break
        if before.strip() or not line.strip() or len(line) > _LONGEST or line == title:
            continue
        words = _words(line)
        shared = len(words & _words(title))
        if shared >= 2 and shared >= _LIKE_THE_TITLE * len(words) and not _SECTION.search(line):
            return line.strip()
    return ""


def _checked(name: str, title: str) -> str:
    """``name``, or the title if the name has little to do with it or is only a part of it."""
    words, of_title = _words(name), _words(title)
    is_near = len(words & of_title) >= _OF_THE_NAME * min(len(words), len(of_title))
    is_part = name != title and title.startswith(name)
    return name if words and is_near and not is_part and len(name) <= _LONGEST else title


def _spoken_of(name: str, foods: Sequence[str], text: str) -> str:
    """The line above the ``foods`` that ``text`` repeats in another line, preferably one of several
    words; "" if it repeats ``name`` or a word of it, or has no such line."""
    lines = text.split("\n")
    keys = [key_of(line) for line in lines]
    others = [line for line, key in zip(lines, keys, strict=True) if key_of(name) not in key]
    if len(others) < len(lines) - 1 or _telling(name) & _telling("\n".join(others)):
        return ""
    wanted = [key for food in foods if (key := key_of(food))]
    above = next((n for n, key in enumerate(keys) if any(food in key for food in wanted)), 0)
    found, folded = [], text.casefold()
    for number, line in enumerate(lines[:above]):
        heading = _EDGES.sub("", line)
        if not _may_name(heading, line) or _telling(heading) <= _telling(" ".join(foods)):
            continue
        words = map(re.escape, _WORD.findall(heading.casefold()))
        again = re.compile(r"(?<!\w)" + r"\W+".join(words) + r"(?!\w)")
        times = len(again.findall(folded)) - keys.count(keys[number])
        found += [(" " in heading, times, number, heading)] if times > 0 else []
    return max(found)[-1] if found else ""


def _whole_line(name: str, text: str) -> str:
    """The first line that may be a title and has ``name`` as a part ("Guacamole for a Crowd"); "" if
    there is none, or if the name has a line of its own."""
    key, lines = key_of(name), text.split("\n")
    if not key or key in map(key_of, lines):
        return ""
    for line in lines:
        heading = _MARKS.sub("", line)
        if key in key_of(line) and _may_name(heading, line):
            return heading
    return ""


def _may_name(heading: str, line: str) -> bool:
    short = len(heading) <= _LONGEST_LINE and len(heading.split()) <= _MOST_WORDS
    other = (
        OTHER_HEADING.match(heading) or is_fact(heading) or line.rstrip().endswith(tuple(".!?,;"))
    )
    return short and not (other or is_ingredient_heading(heading) or is_method_heading(heading))


def _telling(text: str) -> set[str]:
    return {word for word in words_of(text) if word not in _COMMON}


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
