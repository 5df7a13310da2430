"""The name of a web page's recipe, checked against the page's title and the card's own heading.

A small model takes a category, an author or a sentence for the name of the dish now and then. The title
of the page tells what it is about; where the card has a heading that resembles it, that is the name, as
in the page's own data: the title is written for readers ("Fudgy Chocolate Pudding Cake (Easy!)"), the
heading names the recipe.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from recipe_pipeline.extraction.recipe_lines import is_ingredient_heading, is_method_heading

_LONGEST = 100  # characters
_LIKE_THE_TITLE = 0.4  # of the heading's words
_OF_THE_NAME = 0.5  # of the words of name or title, whichever has fewer
_WORD = re.compile(r"\w+")
_SECTION = re.compile(
    r"\b(?:ingredients|instructions|directions|method|steps|notes|tips|equipment|nutrition|video|faqs?)$"
    r"|^(?:how|why|what|tips|notes|more)\b(?! to make)",
    re.IGNORECASE,
)


def named(document: dict[str, Any], title: str, text: str) -> dict[str, Any]:
    """``document`` with the name that the page gives its recipe; unchanged for several recipes.

    ``title`` is the page's, ``text`` what the model read, with an empty line before headings.
    """
    if not title or not any(key in document for key in ("recipeIngredient", "recipeInstructions")):
        return document
    name = str(document.get("name", ""))
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


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
