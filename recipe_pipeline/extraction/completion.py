"""Lists of an answer that the page has more of, or in another place.

Ingredients and steps are copies of page lines, so what a small model makes of a list can be compared
with the list itself. It stops at a heading between two groups, runs on into the lines below the list
(`list_ends`), takes the equipment for the ingredients, or copies the foods that some cards repeat below a
step. Only lines of the page are added, and only next
to those that the answer has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

from recipe_pipeline.extraction.list_ends import (
    foods_only,
    is_card_fact,
    is_told,
    method_only,
)
from recipe_pipeline.extraction.page_lists import (
    Line,
    PageList,
    key_of,
    once,
    page_lists,
    without_mark,
    words_of,
)
from recipe_pipeline.extraction.recipe_lines import is_imperative, is_ingredient, opens_with_amount
from recipe_pipeline.schema.layout import Steps, plain_step

_LONGEST_INGREDIENT = 200  # characters
_MOST_WORDS = 8  # of an ingredient without an amount
_LONGEST_GAP = 4  # lines from one step to the next
_SHORTEST_KEY, _LONG_KEY = 8, 20  # letters by which a line, and a step, is known
_SLIP = 0.9  # of the letters of two lines, one of them copied from the other
_FEWEST = 3  # ingredients of a list that replaces another
_AGAIN = 0.8  # of the lines of a list that is given twice
_FOODS = 0.8  # of the words of a line that repeats ingredients
_SENTENCE_END = re.compile(r"\A|(?<=\D[.!)])\s*")
_FURNITURE = re.compile(
    r"^\W*(?:add (?:all )?to|print|save|share|pin|shop|buy|select|scale|units?|rate|review|click|tap|see|get|"
    r"watch|jump|copy|[\d½]x\b)\b|https?:|www\.|[@$£€]|[?:]\W*$",
    re.IGNORECASE,
)


def completed(document: dict[str, Any], page: str) -> dict[str, Any]:
    """``document`` with the lines of ``page`` that its lists lack, and without those that belong to
    something else; several recipes are left alone.

    ``document``: ``{}`` or a Recipe in canonical form whose steps have no sections yet.
    """
    ingredients = document.get("recipeIngredient")
    steps = document.get("recipeInstructions", [])
    if not ingredients or any(set(step) != {"@type", "text"} for step in steps):
        return document
    lists = page_lists(page)
    texts = method_only(_told_once([step["text"] for step in steps], page), lists)
    ingredients = foods_only(ingredients, texts, lists, page)
    ingredients, texts = _steps_apart(ingredients, texts)
    ingredients = _all_ingredients(ingredients, lists, {key_of(text) for text in texts})
    texts = _without_foods(texts, ingredients, page)
    texts = _all_steps(texts, lists, {key_of(line) for line in ingredients})
    texts = _with_paragraphs(texts, ingredients, page)
    changed = {**document, "recipeIngredient": ingredients}
    return {**changed, "recipeInstructions": _plain(texts)} if texts else changed


def _plain(texts: Sequence[str]) -> Steps:
    return [plain_step(text) for text in texts]


def _steps_apart(ingredients: list[str], texts: list[str]) -> tuple[list[str], list[str]]:
    """The steps at the end of the ingredients of an answer without steps are its steps."""
    last = len(ingredients)
    while last > 1 and is_told(ingredients[last - 1]):
        last -= 1
    return (ingredients, texts) if texts else (ingredients[:last], ingredients[last:])


# --- ingredients ---------------------------------------------------------------------------------


def _all_ingredients(answer: list[str], lists: list[PageList], steps: set[str]) -> list[str]:
    answer = _in_one_system(_instead_of_tools(answer, lists))
    home = _home(answer, lists)
    if home is None or home.is_of_tools:
        return answer
    lines = _foods_in(home, steps)
    return _as_written(_merged(lines, answer), lines)


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
    return same and SequenceMatcher(None, key, whole, autojunk=False).ratio() > _SLIP


def _in_one_system(answer: list[str]) -> list[str]:
    """``answer`` up to where the whole list begins again in other units."""
    foods = [set(words_of(line)) for line in answer]
    for start in range(_FEWEST, len(foods)):
        again = sum(food in foods[:start] for food in foods[start:])
        rest = len(foods) - start
        if foods[start] == foods[0] and again >= _AGAIN * rest and rest >= _AGAIN * start:
            return answer[:start]
    return answer


def _foods_in(one: PageList, steps: Collection[str] = ()) -> list[Line]:
    """The ingredients of a list, which may go on with the steps."""
    lines: list[Line] = []
    for line in once(one.lines):
        if is_told(line.text) or (line.is_item and line.key in steps):
            break
        brief = is_ingredient(line.text) or len(line.text.split()) <= _MOST_WORDS
        fits = (one.is_of_ingredients or brief) and len(line.text) < _LONGEST_INGREDIENT
        fits = fits and not is_card_fact(line.text)
        lines += [line] if line.is_item and fits and not _FURNITURE.search(line.text) else []
    return lines


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


# --- steps ---------------------------------------------------------------------------------------


def _told_once(answer: Sequence[str], page: str) -> list[str]:
    """``answer`` without steps that are more often in it than on ``page``."""
    of_page, seen = key_of(page), Counter[str]()
    kept = []
    for text in answer:
        key = key_of(text)
        seen[key] += 1
        if len(key) < _LONG_KEY or seen[key] <= max(1, of_page.count(key)):
            kept.append(text)
    return kept


def _all_steps(answer: list[str], lists: list[PageList], ingredients: set[str]) -> list[str]:
    home = _home(answer, lists)
    if home is not None:
        return _merged(_told_in(home, ingredients, answer), answer)
    # A single sentence that is in no list, below an ingredient list that goes on with steps.
    home = next((one for one in lists if any(x.key in ingredients for x in one.lines)), None)
    if len(answer) > 1 or home is None:
        return answer
    last = max(n for n, line in enumerate(home.lines) if line.key in ingredients)
    told = [line.text for line in home.lines[last + 1 :]]
    prose = all(line.endswith((".", "!")) for line in told)
    return told if prose and 2 * sum(map(is_told, told)) > len(told) else answer


def _told_in(home: PageList, ingredients: set[str], answer: list[str]) -> list[Line]:
    """The steps of ``home`` and, if the answer has any of them, the names of their sections."""
    keys = {key_of(text) for text in answer}
    named = any(not line.is_item and line.key in keys for line in home.lines)
    start = next((n for n, x in enumerate(home.lines) if x.key in keys), 0)
    foods = [n for n, x in enumerate(home.lines) if x.key in ingredients]
    first = max((n + 1 for n in foods if n < start), default=0)
    last = min((n for n in foods if n > start), default=None)
    lines = []
    for line in once(home.lines[first:last]):
        prose = line.text.endswith((".", "!", ")")) and not _FURNITURE.search(line.text)
        lines += (
            [line]
            if (line.is_item and (prose or line.key in keys)) or (named and not line.is_item)
            else []
        )
    while lines and not lines[-1].is_item:
        lines.pop()
    return lines


def _with_paragraphs(texts: list[str], ingredients: Sequence[str], page: str) -> list[str]:
    """``texts`` with the lines between two of them on ``page`` that say what to do, and with those
    between the last of the ingredients and the first step."""
    rows = [without_mark(row) for row in page.split("\n") if row.strip()]
    places: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        places.setdefault(key_of(row), []).append(number)
    keys = [key for text in texts if len(key := key_of(text)) > _SHORTEST_KEY]
    complete: list[str] = []
    for above, text in pairwise([*ingredients[-1:], *texts]):
        between = next(
            (
                rows[first + 1 : last]
                for first in places.get(key_of(above), ())
                for last in places.get(key_of(text), ())
                if first < last <= first + _LONGEST_GAP
            ),
            [],
        )
        complete += [
            row
            for row in between
            if _is_instruction(row) and not any(x in key_of(row) or key_of(row) in x for x in keys)
        ]
        complete.append(text)
    return complete


def _is_instruction(row: str) -> bool:
    other = row.startswith("#") or _FURNITURE.search(row)
    return row.endswith((".", "!")) and is_imperative(row) and not other


def _without_foods(texts: list[str], ingredients: list[str], page: str) -> list[str]:
    """``texts`` without the ingredients that some cards repeat behind or below a step."""
    foods = {word for line in ingredients for word in words_of(line)}

    def repeats(line: str) -> bool:
        words = words_of(line)
        shared = sum(word in foods for word in words)
        listed = opens_with_amount(line[:150]) and not line.endswith((".", "!"))
        return listed and bool(words) and shared >= _FOODS * len(words)

    lines = {line.strip() for line in page.split("\n")} - set(ingredients)
    below = list(filter(repeats, lines))
    kept = []
    for text in texts:
        ends = (match for match in _SENTENCE_END.finditer(text) if repeats(text[match.end() :]))
        end = next(ends, None)
        text = text[: end.start()] if end else text
        for line in below:
            text = text.removesuffix(line).rstrip()
        kept += [text] if text else []
    return kept or texts


# --- both ----------------------------------------------------------------------------------------


def _home(answer: Sequence[str], lists: list[PageList]) -> PageList | None:
    """The list that has most of the answer, the last one of equals; None if none has any of it."""
    keys = {key_of(text) for text in answer}
    shares = [sum(len(line.key) for line in one.lines if line.key in keys) for one in lists]
    best = max(shares, default=0)
    return lists[len(shares) - 1 - shares[::-1].index(best)] if best else None


def _merged(lines: list[Line], answer: list[str]) -> list[str]:
    """``answer`` with those of ``lines`` that it has nothing of, in the page's order."""
    keys = [key_of(text) for text in answer]
    matcher = SequenceMatcher(None, [line.key for line in lines], keys, autojunk=False)
    out: list[str] = []
    for kind, first, last, start, stop in matcher.get_opcodes():
        mine = keys[start:stop]
        # Where the answer has other lines, it may have changed or divided the page's.
        free = [
            line.text
            for line in lines[first:last]
            if kind == "delete"
            or (kind == "replace" and not any(_alike(line, key) for key in keys))
        ]
        out += [*answer[start:stop], *free] if mine else free
    return out


def _alike(line: Line, key: str) -> bool:
    if len(key) > 3 and (key in line.key or line.key in key):
        return True
    matcher = SequenceMatcher(None, line.key, key, autojunk=False)
    return matcher.quick_ratio() > 0.75 and matcher.ratio() > 0.75
