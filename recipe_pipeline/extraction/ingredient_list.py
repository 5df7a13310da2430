"""The ingredients of an answer, compared with the list on the page that they were copied from.

A small model stops at a heading between two groups, runs on into the lines below the list, takes the
equipment for the ingredients or copies a list in two systems of units. Only lines of the page are added,
and only next to those that the answer has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher

from recipe_pipeline.extraction.page_lists import (
    FURNITURE,
    Line,
    PageList,
    home_of,
    key_of,
    merged,
    once,
    words_of,
)
from recipe_pipeline.extraction.recipe_lines import (
    is_card_fact,
    is_ingredient,
    is_method_heading,
    is_told,
    opens_with_amount,
)
from recipe_pipeline.schema.page_sections import is_section_name

_LONGEST_INGREDIENT = 200  # characters
_MOST_WORDS = 8  # of an ingredient without an amount
_FEWEST = 3  # ingredients of a list that replaces another
_AGAIN = 0.8  # of the lines of a list that is given twice
_SHORTEST_KEY = 8  # letters by which a line is known
_SLIP = 0.9  # of the letters of two lines, one of them copied from the other


def all_ingredients(
    answer: Sequence[str], steps: Sequence[str], lists: list[PageList], page: str
) -> list[str]:
    """The ingredients of an ``answer`` with those of the page that it lacks, and without other lines."""
    told = {key_of(text) for text in steps}
    foods = _in_one_system(_instead_of_tools(_foods_only(answer, told, lists, page), lists))
    home = home_of(foods, lists)
    if home is None or home.is_of_tools:
        return foods
    lines = _foods_in(home, told)
    return _as_written(merged(lines, foods), lines)


def _foods_only(
    answer: Sequence[str], told: set[str], lists: Sequence[PageList], page: str
) -> list[str]:
    """The ingredients of an answer without names of groups, without lines that are more often in it
    than on ``page``, and without what follows the list; ``answer`` if nothing is left."""
    listed = {line.key for one in lists for line in one.lines if line.is_item}
    names = {line.key for one in lists for line in one.lines} - listed
    on_page = Counter(map(key_of, page.split("\n")))
    seen: Counter[str] = Counter()
    kept: list[str] = []
    ended = False
    for line in answer:
        key, measured = key_of(line), opens_with_amount(line)
        seen[key] += 1
        is_name = key in names and (line.endswith(":") or is_section_name(line))
        if is_name or seen[key] > (on_page[key] or seen[key]):
            continue
        other = key in told or line.endswith("?") or is_method_heading(line)
        ends = is_card_fact(line) or (other and not measured)
        ended = ended or ends
        if not (ends or (ended and key not in listed and not measured)):
            kept.append(line)
    return kept or list(answer)


def _in_one_system(answer: list[str]) -> list[str]:
    """``answer`` up to where the whole list begins again in other units."""
    foods = [set(words_of(line)) for line in answer]
    for start in range(_FEWEST, len(foods)):
        again = sum(food in foods[:start] for food in foods[start:])
        rest = len(foods) - start
        if foods[start] == foods[0] and again >= _AGAIN * rest and rest >= _AGAIN * start:
            return answer[:start]
    return answer


def _instead_of_tools(answer: list[str], lists: list[PageList]) -> list[str]:
    """``answer`` without tools. If it has no ingredient then: those below the page's heading."""
    tools = {line.key for one in lists if one.is_of_tools for line in one.lines}
    others = {line.key for one in lists if not one.is_of_tools for line in one.lines}
    kept = [line for line in answer if key_of(line) not in tools - others]
    keys = {key_of(line) for line in kept}
    if any(map(is_ingredient, kept)):
        return kept
    for one in lists:
        foods = [line.text for line in _foods_in(one)] if one.is_of_ingredients else []
        measured = sum(map(is_ingredient, foods))
        if measured >= max(_FEWEST, len(foods) / 2) and not keys & {x.key for x in one.lines}:
            return foods
    return kept or answer


def _foods_in(one: PageList, steps: Collection[str] = ()) -> list[Line]:
    """The ingredients of a list, which may go on with the steps."""
    lines: list[Line] = []
    for line in once(one.lines):
        if is_told(line.text) or (line.is_item and line.key in steps):
            break
        brief = is_ingredient(line.text) or len(line.text.split()) <= _MOST_WORDS
        fits = (one.is_of_ingredients or brief) and len(line.text) < _LONGEST_INGREDIENT
        fits = fits and not is_card_fact(line.text)
        lines += [line] if line.is_item and fits and not FURNITURE.search(line.text) else []
    return lines


def _as_written(answer: list[str], lines: Sequence[Line]) -> list[str]:
    """``answer`` with the whole of a line that it has a part of, and without slips of the pen."""
    keys = [key_of(text) for text in answer]
    free = [line for line in lines if line.key not in keys]
    of_page = {line.key for line in lines}
    parts = {key: [line for line in free if _is_part(key, line.key)] for key in {*keys} - of_page}
    taken = Counter(line.key for lines in parts.values() for line in lines)
    return [
        like[0].text
        if len(like := parts.get(key_of(text), [])) == 1 and taken[like[0].key] == 1
        else text
        for text in answer
    ]


def _is_part(key: str, whole: str) -> bool:
    if len(key) > _SHORTEST_KEY and key in whole:
        return whole.replace(key, "").isalnum() and not whole.replace(key, "").isdigit()
    same = re.sub(r"\D", "", key) == re.sub(r"\D", "", whole)
    matcher = SequenceMatcher(None, key, whole, autojunk=False)
    return same and matcher.quick_ratio() > _SLIP and matcher.ratio() > _SLIP
