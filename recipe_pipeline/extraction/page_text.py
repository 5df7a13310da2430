"""HTML -> the text that a model reads: the page's title and its recipe's card, or its main part.

Scripts are never run. What looks like part of a recipe is kept wherever it is: an article extractor
takes sidebars, checklists, forms and the card's times for boilerplate.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.extraction.html_lines import MAX_ELEMENTS, Line, page_lines
from recipe_pipeline.extraction.html_tree import parse_html
from recipe_pipeline.extraction.main_lines import main_lines
from recipe_pipeline.extraction.recipe_card import card_lines
from recipe_pipeline.extraction.recipe_lines import (
    is_fact,
    is_ingredient_heading,
    line_score,
    opens_with_amount,
)

MAX_LINES = 20_000
"""Lines looked at closely; long recipe pages have two thousand."""
_SHORTEST_LIST = 3
_MOST_NOTED = 500
_SITE_NAME = re.compile(r"\s+(?:[|•·»~]|[-–—])\s+")


@dataclass(frozen=True)
class PageText:
    """``text``: title first, "" if there is none; ``note``: what a user should know of its gaps."""

    text: str
    note: str = ""
    title: str = ""


def read_html(page: str) -> PageText:
    """The readable text of a page, and what of its recipe may be missing in it."""
    tree = parse_html(page)
    if tree is None:
        return PageText("")
    title = page_title(tree)
    everything = page_lines(tree)
    found = _with_most_amounts(everything)
    lines = card_lines(main_lines(found, title))
    text = "\n".join(_with_gaps(lines)).strip()
    if text and title and title not in text[: 2 * len(title) + 100]:
        text = f"{title}\n\n{text}"
    if tree.xpath("count(//*)") > MAX_ELEMENTS:
        note = f"the page is too long: its first {MAX_ELEMENTS:,} elements are read"
    elif len(found) < len(everything):
        note = f"the page is too long: the {MAX_LINES:,} lines with most amounts are read"
    else:
        note = _note(text, found)
    return PageText(text, note, title)


def _with_most_amounts(lines: list[Line]) -> list[Line]:
    """The `MAX_LINES` of ``lines`` with most amounts of ingredients, the first of them amidst the others."""
    sums = [0, *itertools.accumulate(opens_with_amount(line.text) for line in lines)]
    inside = [after - before for before, after in zip(sums, sums[MAX_LINES:], strict=False)]
    if not any(inside):
        return lines[:MAX_LINES]
    first = inside.index(max(inside))
    amount = sums.index(sums[first] + 1) - 1
    start = max(first, amount - MAX_LINES // 2)
    return lines[start : start + MAX_LINES]


def _note(text: str, found: list[Line]) -> str:
    lines = text.splitlines()
    if not any(opens_with_amount(line) for line in lines):
        headings = [line for line in lines if is_ingredient_heading(line)]
        if headings:
            return "no amounts of ingredients were found on the page"
    measured = (x.text for x in found if x.kind in ("chrome", "hidden") and _is_measured(x))
    shown = {line.removeprefix("- ") for line in lines}
    maybe = itertools.islice((line for line in measured if line not in shown), _MOST_NOTED)
    left_out = [line for line in maybe if line not in text]  # nor as a part of a line
    if len(left_out) < _SHORTEST_LIST:
        return ""
    return (
        f"{len(left_out)} lines of the page's margins and hidden parts look like ingredients and are "
        f"left out, for example: {left_out[0][:80]}"
    )


def _is_measured(line: Line) -> bool:
    """Whether ``line`` is an amount with a unit and what it is of, not "12 easy recipes" or "11 g"."""
    return (
        line.linked < 0.8
        and len(line.text.split()) > 2
        and opens_with_amount(line.text)
        and line_score(line.text) >= 3
    )


def _with_gaps(lines: list[Line]) -> Iterable[str]:
    """The texts, with an empty line before each heading."""
    for line in lines:
        if line.heading and not is_fact(line.text):
            yield ""
        yield line.text


def page_title(tree: Any) -> str:
    """The name of the page: the ``h1`` that its metadata agree with, or else what they say."""
    heads = [" ".join(h.text_content().split()) for h in tree.xpath("//h1")[:5]]
    heads = [head for head in heads if 2 < len(head) < 150]
    metadata = (
        tree.xpath("//meta[@property='og:title']/@content")[:1] + tree.xpath("//title/text()")[:1]
    )
    named = [" ".join(str(text).split()) for text in metadata]
    for name in named:
        for head in heads:
            if _agree(head, name):
                return head
    if named and not heads:
        parts = _SITE_NAME.split(named[0])
        return max(parts[:2], key=len) if len(parts) > 1 else named[0]
    return heads[0] if heads else ""


def _agree(head: str, name: str) -> bool:
    words, other = set(head.lower().split()), set(name.lower().split())
    return 2 * len(words & other) >= len(words)
