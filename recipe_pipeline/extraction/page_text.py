"""HTML -> the text that a model reads: the page's title and its recipe's card, or its main part.

Scripts are never run. What looks like part of a recipe is kept wherever it is: an article extractor
takes sidebars, checklists, forms and the card's times for boilerplate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from recipe_pipeline.extraction.html_lines import Line, page_lines
from recipe_pipeline.extraction.html_tree import parse_html
from recipe_pipeline.extraction.main_lines import main_lines
from recipe_pipeline.extraction.recipe_card import card_lines
from recipe_pipeline.extraction.recipe_lines import is_fact

_SITE_NAME = re.compile(r"\s+(?:[|•·»~]|[-–—])\s+")


def html_text(page: str) -> str:
    """The readable text of a page, title first; "" if there is none."""
    tree = parse_html(page)
    if tree is None:
        return ""
    title = page_title(tree)
    lines = card_lines(main_lines(page_lines(tree), title))
    text = "\n".join(_with_gaps(lines)).strip()
    return (
        f"{title}\n\n{text}"
        if text and title and title not in text[: 2 * len(title) + 100]
        else text
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
