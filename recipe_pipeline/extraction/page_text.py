"""HTML -> the text that a model reads: the page's recipe and article without menus, comments, teasers.

Scripts are never run. What looks like part of a recipe is kept wherever it is: an article extractor
takes sidebars, checklists, forms and the card's times for boilerplate.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from recipe_pipeline.extraction.card_facts import join_facts
from recipe_pipeline.extraction.html_lines import Line, page_lines
from recipe_pipeline.extraction.html_tree import parse_html
from recipe_pipeline.extraction.recipe_card import card_lines
from recipe_pipeline.extraction.recipe_lines import (
    is_fact,
    is_ingredient,
    is_ingredient_heading,
    is_method_heading,
    is_step,
)

_BULLET = re.compile(r"^(?:[▢☐□☑✓✔•·▪●○◦‣∙*–—-]\s*)+(?=\S)")
_ONLY_SIGNS = re.compile(r"^[\W_]*$")
_NUMBER = re.compile(r"^(?:step\s*)?#?(\d{1,2})\s*[.):]?$", re.IGNORECASE)
_TWICE = re.compile(
    r"\b(hours?|minutes?|seconds?|days?)\s+(?:hours?|hrs?|h|minutes?|mins?|m|seconds?|days?)\b"
)
_CONTROL = re.compile(
    r"(?:(?:jump|skip|scroll|go) to .{1,30}|(?:(?:print|pin|save|share|rate|email|copy|comment|tweet|"
    r"review|reviews|facebook|pinterest|twitter|whatsapp|advertisement|ad|us customary|metric|[123]x)"
    r"(?: (?:this|the|it|recipe|page|ingredients|article|on facebook|on pinterest|your own))*[\s|/·]*)+"
    r"|(?:cook mode )?(?:prevent|keep) (?:your )?screen .{0,30}|table of contents)",
    re.IGNORECASE,
)
_SITE_NAME = re.compile(r"\s+(?:[|•·»~]|[-–—])\s+")
_LONGEST_ITEM = 200
_SHORTEST_STEP = 25
_LONGEST_CELL = 80
_LINKS_IN_A_ROW = 3


def html_text(page: str) -> str:
    """The readable text of a page, title first; "" if there is none."""
    tree = parse_html(page)
    if tree is None:
        return ""
    lines = chosen(page_lines(tree))
    text = "\n".join(_with_gaps(lines)).strip()
    title = page_title(tree)
    return f"{title}\n\n{text}" if text and title and title not in text[:500] else text


def chosen(lines: list[Line]) -> list[Line]:
    """The lines of the page's main part, and of others that hold its recipe."""
    regions: dict[int, list[Line]] = {}
    for line in lines:
        regions.setdefault(line.region, []).append(line)
    main = [line for line in lines if line.kind in ("", "tab")]
    lacks_ingredients = sum(is_ingredient(line.text) for line in main) < 2
    lacks_steps = sum(is_step(line.text) for line in main) < 2
    kept = {
        region
        for region, members in regions.items()
        if _holds_recipe(members, lacks_ingredients, lacks_steps)
    }
    lines = [x for x in lines if x.region in kept and not _CONTROL.fullmatch(x.text)]
    lines = list(_merged(list(_without_menus(lines))))
    joined = join_facts([line.text for line in lines])
    return card_lines([replace(lines[place], text=text) for text, place in joined])


def _holds_recipe(lines: list[Line], lacks_ingredients: bool, lacks_steps: bool) -> bool:
    kind = lines[0].kind
    if kind in ("", "tab"):
        return True
    if kind == "button":
        return is_ingredient_heading(lines[0].text) or is_method_heading(lines[0].text)
    ingredients = sum(is_ingredient(line.text) for line in lines)
    steps = sum(is_step(line.text) for line in lines)
    if kind == "chrome":
        facts = sum(is_fact(line.text) for line in lines)
        return ingredients >= 2 or steps >= 2 or facts >= 1
    needed = 2 if kind == "hidden" else 4
    return (lacks_ingredients and ingredients >= needed) or (
        lacks_steps and steps >= needed // 2 and kind == "hidden"
    )


def _without_menus(lines: list[Line]) -> Iterable[Line]:
    """``lines`` without runs of links, unless they are ingredients."""
    run: list[Line] = []
    before: Line | None = None
    for line in [*lines, None]:
        if line and line.linked > 0.8 and not is_ingredient(line.text):
            run.append(line)
            continue
        listed = any(
            x and (is_ingredient(x.text) or is_ingredient_heading(x.text)) for x in (before, line)
        )
        if len(run) < _LINKS_IN_A_ROW or listed:
            yield from run
        run = []
        if line:
            yield line
        before = line


def _merged(lines: list[Line]) -> Iterable[Line]:
    """``lines`` with the parts of a short list item or table row in one."""
    position = 0
    while position < len(lines):
        line, end = lines[position], position + 1
        while end < len(lines) and _same_line(line, lines[end]):
            end += 1
        parts = [part for part in (_tidy(x.text) for x in lines[position:end]) if part]
        position = end
        if parts and line.row:
            parts = _row(parts)
        elif parts and line.item:
            parts = _item(parts)
        for part in parts:
            yield replace(line, text=part)


def _with_gaps(lines: list[Line]) -> Iterable[str]:
    """The texts, with an empty line before each heading."""
    for line in lines:
        if line.heading:
            yield ""
        yield line.text


def _same_line(first: Line, other: Line) -> bool:
    return first.region == other.region and bool(
        (first.row and first.row == other.row)
        or (first.item and first.item == other.item and not first.row and not other.row)
    )


def _item(parts: list[str]) -> list[str]:
    if len(parts) > 1 and _NUMBER.match(parts[0]) and _is_numbered_step(parts[1]):
        parts = parts[1:]
    if sum(map(len, parts)) <= _LONGEST_ITEM:
        parts = [" ".join(text for text, _ in join_facts(parts))]
    return ["- " + parts[0], *parts[1:]]


def _is_numbered_step(text: str) -> bool:
    # Not "2" before "ripe bananas".
    return len(text) >= _SHORTEST_STEP and text[0].isupper()


def _row(parts: list[str]) -> list[str]:
    whole = sum(is_ingredient(part) for part in parts) > 1
    if whole or max(map(len, parts)) > _LONGEST_CELL or any(is_fact(part) for part in parts):
        return parts
    return [" ".join(text for text, _ in join_facts(parts))]


def _tidy(text: str) -> str:
    text = _BULLET.sub("", text)
    if _ONLY_SIGNS.match(text):
        return ""
    text = _TWICE.sub(r"\1", text)
    return text.replace(" ,", ",").replace("( ", "(").replace(" )", ")")


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
