"""Lists of an answer that run on into the lines below them on the page.

A small model misses the end of a list now and then and copies what follows it: facts of the card, the
method among the ingredients, a question, prose, notes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from recipe_pipeline.extraction.page_lists import OTHER_HEADING, PageList, key_of, page_lists
from recipe_pipeline.extraction.recipe_lines import (
    LABEL,
    VALUE,
    fact_kinds,
    is_fact,
    is_ingredient,
    is_method_heading,
    is_step,
    opens_with_amount,
)
from recipe_pipeline.schema.page_sections import METHOD_HEADING, is_section_name

_STEP_WORDS = 8
_FACT_WORDS = 8
_TIMES = frozenset({"prep", "cook", "total", "ready"})
_BRIEF = (
    3  # words of a fact that begins with its number: "2 servings", but "2 servings of cold rice"
)
_BARE = re.compile(
    r"^\W*(?:\d[\d\s./½¼¾–-]*(?:(?:days?|hours?|hrs?|h|minutes?|mins?|m)\b)?\W*)+$", re.IGNORECASE
)
_SENTENCE = (".", "!", "?", "…")
# Not "Store in a tin.", which may be the last step.
_NOTES = re.compile(
    r"^\W*(?:[\w'’]+ ){0,2}(?:notes?|tips?|hints?|nutrition(?:al)?(?: (?:facts|info\w*|values?))?|reviews?|"
    r"comments?|faqs?|serving suggestions?|variations?|substitutions?|storage)\W*$",
    re.IGNORECASE,
)


def is_told(line: str) -> bool:
    """Whether ``line`` is a step rather than an ingredient."""
    ends = line.rstrip().endswith((".", "!"))
    return (
        len(line.split()) >= _STEP_WORDS and ends and is_step(line) and not opens_with_amount(line)
    )


def is_card_fact(line: str) -> bool:
    """Whether ``line``, in a list of ingredients, is a time, the yield or a number."""
    fact = is_fact(line) and (not line[:1].isdigit() or len(line.split()) <= _BRIEF)
    return fact or bool(_BARE.match(line))


def foods_only(
    answer: Sequence[str], steps: Sequence[str], lists: Sequence[PageList], page: str
) -> list[str]:
    """The ingredients of an answer without names of groups, without lines that are more often in it
    than on ``page``, and without what follows the list; ``answer`` if nothing is left."""
    listed = {line.key for one in lists for line in one.lines if line.is_item}
    names = {line.key for one in lists for line in one.lines} - listed
    on_page = Counter(map(key_of, page.split("\n")))
    told = {key_of(text) for text in steps}
    marked = any(key_of(line) in listed for line in answer)
    seen: Counter[str] = Counter()
    kept: list[str] = []
    ended = False
    for line in answer:
        key = key_of(line)
        seen[key] += 1
        measured = opens_with_amount(line)
        if (key in names and (line.endswith(":") or is_section_name(line))) or seen[key] > (
            on_page[key] or seen[key]
        ):
            continue
        unlisted = key not in listed and not measured
        ends = is_card_fact(line) or (
            not measured
            and (
                key in told
                or line.endswith("?")
                or _is_method(line)
                or (marked and unlisted and _follows_list(line))
            )
        )
        ended = ended or ends
        if not (ends or (ended and unlisted)):
            kept.append(line)
    return kept or list(answer)


def method_only(answer: Sequence[str], lists: Sequence[PageList]) -> list[str]:
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


def has_left_method(data: dict[str, Any], page: str) -> bool:
    """Whether the steps in an answer's JSON end below the method, so that none is missing at the end."""
    steps = data.get("recipeInstructions")
    if not isinstance(steps, list):
        return False
    texts = [str(step["text"]) for step in steps if isinstance(step, dict) and "text" in step]
    kept = method_only(texts, page_lists(page))
    return len(kept) < len(texts) and kept == texts[: len(kept)]


def _is_method(line: str) -> bool:
    return is_method_heading(line) or bool(METHOD_HEADING.match(line))


def _follows_list(line: str) -> bool:
    prose = line.endswith(_SENTENCE) and not is_ingredient(line)
    return prose or bool(OTHER_HEADING.match(line))


def _ends_method(text: str, following: str) -> bool:
    if _NOTES.match(text):
        return True
    if len(text.split()) > _FACT_WORDS:
        return False
    label = bool(LABEL.match(text) and (VALUE.match(following) or LABEL.match(following)))
    return label or (bool(fact_kinds(text) & _TIMES) and not text.endswith(_SENTENCE))
