"""The texts that clients send -> the page to extract from.

Recipe managers send what they scraped: HTML, plain text, JSON-LD, or text with JSON-LD behind it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from recipe_pipeline.extraction.merged_lines import is_amount_of
from recipe_pipeline.extraction.page import Page, looks_like_html, read_page
from recipe_pipeline.extraction.structured import page_data

_MAX_OBJECTS = 20
_JSON_LD = re.compile(r'[\[{]\s*(?:\{\s*)?"@(?:context|graph|type|id)"')


def read_html(html: str) -> Page:
    """The page in ``html``. Raises PipelineError for one without text and recipe."""
    return read_page(_encoded(html), "page.html", "utf-8")


def read_text(text: str, is_scraped: bool = False) -> Page:
    """The page in ``text``, whatever form it has. Raises PipelineError if it is binary.

    ``is_scraped``: an importer made it from HTML, one line per piece of markup.
    """
    if looks_like_html(text):
        return read_page(_encoded(text), "the text", "utf-8")
    rest, data = _without_json_ld(text)
    for item in data:
        found = page_data(_as_script(item), rest)
        if found.recipe:
            return Page(rest, lambda found=found: found)
    page = read_page(_encoded(rest or text), "text.txt", "utf-8")
    return Page(_joined_amounts(page.text)) if is_scraped else page


def _joined_amounts(text: str) -> str:
    """``text`` with amounts on lines of their own joined to their foods.

    Importers that print every piece of markup on a line of its own turn "<b>1</b> <i>cup</i> flour"
    into three lines.
    """
    lines: list[str] = [""]
    for line in map(str.strip, text.split("\n")):
        if line and is_amount_of(lines[-1], line):
            lines[-1] += f" {line}"
        else:
            lines.append(line)
    return "\n".join(lines[1:])


def _without_json_ld(text: str) -> tuple[str, list[Any]]:
    """``text`` without the JSON-LD in it, and that data."""
    decoder = json.JSONDecoder(strict=False)
    found: list[Any] = []
    rest, position = [], 0
    starts = [0] if text.lstrip()[:1] in ("{", "[") else []
    for _ in range(_MAX_OBJECTS):
        if starts:
            start = starts.pop()
            start += len(text) - len(text.lstrip())
        elif match := _JSON_LD.search(text, position):
            start = match.start()
        else:
            break
        try:
            data, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            rest.append(text[position : start + 1])
            position = start + 1
            continue
        found.append(data)
        rest.append(text[position:start])
        position = end
    return "".join([*rest, text[position:]]).strip(), found


def _as_script(data: Any) -> str:
    try:
        text = json.dumps(data)
    except RecursionError:  # deeper than any recipe
        text = "{}"
    text = text.replace("</", "<\\/").replace("<!--", "<\\u0021--")
    return f'<html><script type="application/ld+json">{text}</script></html>'


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
