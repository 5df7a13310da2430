"""Lists of an answer that the page has more of, or in another place.

Ingredients (`ingredient_list`) and steps are copies of page lines, so what a small model makes of a list can
be compared with the list itself. It leaves out steps, tells them twice, copies the foods that some cards
repeat below a step, or runs on into the notes and facts below the method.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from recipe_pipeline.extraction.ingredient_list import all_ingredients
from recipe_pipeline.extraction.page_lists import (
    FURNITURE,
    Line,
    PageList,
    home_of,
    in_page_order,
    key_of,
    merged,
    once,
    page_lists,
    words_of,
)
from recipe_pipeline.extraction.recipe_lines import (
    fact_kinds,
    is_label,
    is_told,
    is_value,
    opens_with_amount,
)
from recipe_pipeline.extraction.step_wording import as_worded
from recipe_pipeline.schema.layout import plain_step

_LONG_KEY = 20  # letters by which a step is known
_FOODS = 0.8  # of the words of a line that repeats ingredients
_FACT_WORDS = 8
_TIMES = frozenset({"prep", "cook", "total", "ready"})
_SENTENCE_END = re.compile(r"\A|(?<=\D[.!)])\s*")
_SENTENCE = (".", "!", "?", "…")
# Not "Store in a tin.", which may be the last step.
_NOTES = re.compile(
    r"^\W*(?:[\w'’]+ ){0,2}(?:notes?|tips?|hints?|nutrition(?:al)?(?: (?:facts|info\w*|values?))?|reviews?|"
    r"comments?|faqs?|serving suggestions?|variations?|substitutions?|storage)\W*$",
    re.IGNORECASE,
)


def completed(document: dict[str, Any], page: str) -> dict[str, Any]:
    """``document`` with the lines of ``page`` that its lists lack, and without those that belong to
    something else; several recipes are left alone.

    ``document``: ``{}`` or a Recipe in canonical form whose steps have no sections yet.
    """
    ingredients = in_page_order(document.get("recipeIngredient", []), page)
    steps = document.get("recipeInstructions", [])
    if not ingredients or any(set(step) != {"@type", "text"} for step in steps):
        return document
    lists = page_lists(page)
    worded = in_page_order(as_worded([step["text"] for step in steps], page), page)
    texts = _method_only(_told_once(worded, page), lists)
    ingredients = all_ingredients(ingredients, texts, lists, page)
    texts = _without_foods(texts, ingredients, page)
    texts = _all_steps(texts, lists, {key_of(line) for line in ingredients})
    changed = {**document, "recipeIngredient": ingredients}
    return {**changed, "recipeInstructions": list(map(plain_step, texts))} if texts else changed


def _method_only(answer: Sequence[str], lists: Sequence[PageList]) -> list[str]:
    """The steps of an answer without what follows the method: notes, or the facts of the card."""
    listed = {line.key for one in lists for line in one.lines if line.is_item}
    kept: list[str] = []
    ended = False
    for number, text in enumerate(answer):
        following = answer[number + 1] if number + 1 < len(answer) else ""
        ends = number > 0 and _ends_method(text, following)
        ended = ended or ends
        if not ended or (not ends and is_told(text) and key_of(text) in listed):
            kept.append(text)
    return kept


def _ends_method(text: str, following: str) -> bool:
    if _NOTES.match(text):
        return True
    if len(text.split()) > _FACT_WORDS:
        return False
    label = is_label(text) and (is_value(following) or is_label(following))
    return label or (bool(fact_kinds(text) & _TIMES) and not text.endswith(_SENTENCE))


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
    home = home_of(answer, lists)
    return merged(_told_in(home, ingredients, answer), answer) if home else answer


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
        prose = line.text.endswith((".", "!", ")")) and not FURNITURE.search(line.text)
        lines += (
            [line]
            if (line.is_item and (prose or line.key in keys)) or (named and not line.is_item)
            else []
        )
    while lines and not lines[-1].is_item:
        lines.pop()
    return lines


def _without_foods(texts: list[str], ingredients: list[str], page: str) -> list[str]:
    """``texts`` without the ingredients that some cards repeat behind or below a step."""
    foods = {word for line in ingredients for word in words_of(line)}

    def repeats(line: str) -> bool:
        if line.endswith((".", "!")) or not opens_with_amount(line[:150]):
            return False
        words = words_of(line)
        return bool(words) and sum(word in foods for word in words) >= _FOODS * len(words)

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
