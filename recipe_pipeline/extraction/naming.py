"""The name of a recipe, checked against the page's title and the card's own heading.

A small model takes a category, an author or a sentence for the name of the dish now and then. The title
of the page tells what it is about; where the card has a heading that resembles it, that is the name, as
in the page's own data: the title is written for readers ("Fudgy Chocolate Pudding Cake (Easy!)"), the
heading names the recipe. A post without a title speaks of its dish more than once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial
from itertools import pairwise, takewhile
from typing import Any

from recipe_pipeline.extraction.dish_lines import NO_NAME, is_titled
from recipe_pipeline.extraction.page_lists import key_of, opens_section, words_of
from recipe_pipeline.extraction.recipe_lines import (
    is_card_fact,
    is_ingredient_heading,
    is_method_heading,
    opens_with_amount,
)
from recipe_pipeline.text.vocabulary import HEADING_WORDS, STOP_WORD_LIST

_LONGEST = 100  # characters
_LIKE_THE_TITLE = 0.4  # of the heading's words
_OF_THE_NAME = 0.5  # of the words of name or title, whichever has fewer
_MOST_WORDS, _MOST_ADDED = 12, 8  # of a title of a post, and of one that has more than the name
_COMMON = frozenset(f"{STOP_WORD_LIST} {HEADING_WORDS} easy new".split())
_MARKS = re.compile(r"^[^\w(]+|[^\w)\]!]+$")
_WORD = re.compile(r"\w+")
_SECTION = re.compile(
    r"\b(?:ingredients|instructions|directions|method|steps|notes|tips|equipment|nutrition|video|faqs?)$"
    r"|^(?:how|why|what|tips|notes|more|best way)\b(?! to make)",
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
        better = _of_post(name, foods, text)
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
    is_near = is_near and (len(words) > 1 or name in title)  # not "wraps", which are counted
    is_part = name != title and title.startswith(name)
    return name if words and is_near and not is_part and len(name) <= _LONGEST else title


def _of_post(name: str, foods: Sequence[str], text: str) -> str:
    """What a post calls its dish, "" if ``name`` may stay.

    That is the line above the ``foods`` that has ``name``. But an ingredient, a sentence or a fact is no
    name, and a line that the post speaks of, or one written like a title, is rather one than a line that
    is neither.
    """
    key, lines = key_of(name), text.split("\n")
    wanted = [key_of(food) for food in foods if opens_with_amount(food)]
    is_above = takewhile(lambda line: not any(food in key_of(line) for food in wanted), lines)
    known = list(map(_telling, foods))
    headings = [_heading_in(line, known) for line in lines]
    above = [x for x, _ in zip(headings, is_above, strict=False) if x]
    titles = [x for x in dict.fromkeys(above) if _may_be_chosen(x)]
    told = "\n".join(x for x, y in zip(lines, headings, strict=True) if not y and key_of(x) != key)
    rank = cache(partial(_rank, told=told, words=_telling(told), foods=set().union(*known)))

    def best(titles: Sequence[str]) -> str:
        return max(titles, key=lambda x: (rank(x), " " in x, titles.index(x)), default="")

    own = [x for x in above if key and key in key_of(x) and len(x.split()) <= _MOST_ADDED]
    own = [x for x in headings if key_of(x) == key] or own
    if own:
        mine = own[-1]
        # Of several dishes, the name right above the foods is theirs.
        other = best(titles[titles.index(mine) :] if mine in titles else titles)
        may_be = other and not rank(mine)[0] and rank(other)[1] and (" " in other or rank(other)[0])
        chosen = other if may_be and rank(other) > rank(mine) else mine
        return "" if key_of(chosen) == key else chosen
    other, is_sentence = best(titles), _is_sentence(name, text)
    is_said = not is_sentence and _telling(name) & _telling(told)
    is_line = is_sentence or key in map(key_of, lines)
    fits = other and not is_said and (rank(other)[0] or (is_line and rank(other)[1]))
    return other if fits else ""


def _may_be_chosen(heading: str) -> bool:
    return len(heading.split()) <= _MOST_WORDS and not NO_NAME.search(heading)


def _rank(title: str, told: str, words: set[str], foods: set[str]) -> tuple[bool, bool]:
    """Whether a post whose other lines are ``told`` speaks of a line, and whether it is like a title."""
    said = _telling(title) & words
    phrase = r"\W+".join(map(re.escape, _WORD.findall(title)))
    again = re.search(rf"(?<!\w){phrase}(?!\w)", told, re.IGNORECASE)
    is_spoken_of = bool(again or len(said) > (1 if said - foods else 2))
    return is_spoken_of, not NO_NAME.search(title) and is_titled(title)


def _is_sentence(name: str, text: str) -> bool:
    words = re.escape(name.rstrip("."))
    return bool(re.search(rf"(?:^|[.!?]\s+){words}[.,;?]", text, re.MULTILINE))


def _heading_in(line: str, foods: Sequence[set[str]]) -> str:
    """``line`` without the marks around it if it may be a title, else ""."""
    heading = _MARKS.sub("", line)
    is_other = opens_section(heading) or is_card_fact(heading) or _SECTION.search(heading)
    is_other = is_other or any(_telling(heading) <= food for food in foods)
    ends = line.rstrip().endswith(tuple(".?,;"))
    return "" if len(heading) > _LONGEST or is_other or ends else heading


def _telling(text: str) -> set[str]:
    return {word for word in words_of(text) if word not in _COMMON}


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
