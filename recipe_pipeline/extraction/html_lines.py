"""An lxml tree -> the lines that a browser would show, each with what is known about its place."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.extraction.page_parts import STRICTNESS, around_content, part_kind
from recipe_pipeline.extraction.recipe_lines import is_label

MAX_ELEMENTS = 400_000
"""Elements visited; long recipe pages have some ten thousand."""

_UNSHOWN = {
    "script", "style", "noscript", "template", "head", "title", "svg", "math", "iframe",
    "object", "embed", "canvas", "video", "audio", "map", "select", "textarea", "dialog",
    "datalist", "progress", "meter",
}  # fmt: skip
_BLOCKS = {
    "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center",
    "dd", "details", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "legend", "li", "main",
    "menu", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6", "summary", "legend"}
# Neighbours without a space between them are usually set apart by the style sheet.
_APART = {"span", "label", "time", "data", "input", "img"}
_ICONS = {"svg", "img", "i", "span"}
_LONGEST_LABEL = 40
_SPACES = re.compile(r"\s+")
# Soft hyphens and spaces of no width, which a reader does not see and a model would copy.
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")


@dataclass(slots=True)
class Line:
    """One line. ``region`` numbers the nearest part of the page of a kind of its own (see `kind`);
    ``item`` and ``row`` are the list item and table row, or 0; ``linked`` is the share of characters
    that are links."""

    text: str
    kind: str
    region: int
    heading: bool
    item: int
    row: int
    linked: float
    element: Any


class _Walk:
    """State while going through the tree in document order."""

    def __init__(self, around: set[Any]) -> None:
        self.around_content = around
        self.lines: list[Line] = []
        self.pieces: list[str] = []
        self.regions: list[tuple[Any, str, int]] = [(None, "", 0)]
        self.items: list[tuple[Any, int]] = []
        self.rows: list[tuple[Any, int]] = []
        self.heading: Any = None
        self.link: Any = None
        self.preformatted: Any = None
        self.linked = 0
        self.count = 0
        self.place: Any = None

    def add(self, text: str | None) -> None:
        if not text:
            return
        first, *others = text.split("\n") if self.preformatted is not None else (text,)
        self.pieces.append(first)
        if self.link is not None:
            self.linked += len(text.strip())
        for line in others:
            self.flush()
            self.pieces.append(line)

    def flush(self) -> None:
        if self.pieces:
            # Some pages escape twice: "half &amp;amp; half".
            text = _INVISIBLE.sub("", html.unescape("".join(self.pieces)))
            text = _SPACES.sub(" ", text).strip()
            self.pieces.clear()
            if text:
                _, kind, region = self.regions[-1]
                item = self.items[-1][1] if self.items else 0
                row = self.rows[-1][1] if self.rows else 0
                share = min(1.0, self.linked / len(text))
                heading = self.heading is not None
                self.lines.append(Line(text, kind, region, heading, item, row, share, self.place))
        self.linked = 0

    def start(self, element: Any, tag: str) -> None:
        self.count += 1
        if tag in _BLOCKS:
            self.flush()
            self.place = element
            if tag == "li":
                self.items.append((element, self.count))
            elif tag == "tr":
                self.rows.append((element, self.count))
            elif tag in _HEADINGS and self.heading is None:
                self.heading = element
        elif (tag in _APART and _touches_another(element)) or (
            tag == "sup" and self.pieces and self.pieces[-1][-1:].isdigit()
        ):
            self.pieces.append(" ")
        if tag == "a" and self.link is None:
            self.link = element
        if tag == "pre" and self.preformatted is None:
            self.preformatted = element
        kind = "" if element in self.around_content else part_kind(element, tag)
        if kind:
            outer = self.regions[-1][1]
            if STRICTNESS[outer] > STRICTNESS[kind]:
                kind = outer
            self.regions.append((element, kind, self.count))
        self.add(_label(element, tag))
        self.add(element.text)

    def end(self, element: Any, tag: str) -> None:
        if tag in _BLOCKS:
            self.flush()
            self.place = element.getparent()
        for stack in (self.items, self.rows, self.regions):
            if stack and stack[-1][0] is element:
                stack.pop()
        if self.heading is element:
            self.heading = None
        if self.link is element:
            self.link = None
        if self.preformatted is element:
            self.preformatted = None


def page_lines(tree: Any) -> list[Line]:
    """The lines of ``tree`` in document order, without those of elements that are never shown."""
    import lxml.etree

    walk = _Walk(around_content(tree))
    context = lxml.etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    unshown = None
    for event, element in context:
        if event in ("comment", "pi"):
            walk.add(element.tail)
            continue
        tag = element.tag
        if event == "end":
            if element is unshown:
                unshown = None
            else:
                walk.end(element, tag)
            walk.add(element.tail)
            continue
        if tag in _UNSHOWN or walk.count >= MAX_ELEMENTS:
            walk.add(_label(element, tag))
            context.skip_subtree()
            unshown = element
            continue
        walk.start(element, tag)
    walk.flush()
    return walk.lines


def _touches_another(element: Any) -> bool:
    previous = element.getprevious()
    return previous is not None and isinstance(previous.tag, str) and not previous.tail


def _label(element: Any, tag: str) -> str | None:
    """What an element shows besides its text: a field's value, a clock that means "Prep time"."""
    if tag == "input":
        is_shown = element.get("type", "text") in ("text", "number")
        return f" {element.get('value') or ''} " if is_shown else None
    if tag in _ICONS and not element.text:
        for name in ("aria-label", "alt", "title"):
            label = element.get(name)
            if label and len(label) < _LONGEST_LABEL and is_label(label):
                return f" {label.strip(': ')}: "
    return None
