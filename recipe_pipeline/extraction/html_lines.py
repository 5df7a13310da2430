"""An lxml tree -> the lines that a browser would show, each with what is known about its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_ELEMENTS = 400_000
"""Elements visited; long recipe pages have some ten thousand."""

_UNSHOWN = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "head",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "canvas",
        "video",
        "audio",
        "map",
        "select",
        "textarea",
        "dialog",
        "datalist",
        "progress",
        "meter",
    ]
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "summary", "legend"])
# Neighbours without a space between them are usually set apart by the style sheet.
_APART = frozenset(["span", "label", "time", "data", "input", "img"])
_PAGE_PARTS = {
    "nav": "chrome", "aside": "chrome", "footer": "chrome", "header": "chrome",
    "figcaption": "chrome", "button": "button",
}  # fmt: skip
_ROLES = {
    "navigation": "chrome", "banner": "chrome", "contentinfo": "chrome", "complementary": "chrome",
    "search": "chrome", "dialog": "chrome", "alertdialog": "chrome", "button": "button",
    "tabpanel": "tab",
}  # fmt: skip
# Whole words of class names and ids, the strictest kind first.
_WORDS = {
    "comments": "comment comments commentlist respond replies disqus discussion reviews",
    "related": "related recommended recommendations similar popular trending readnext latest recent "
    "teaser teasers carousel slider upnext alsolike crosslink",
    "chrome": "nav navigation menu navbar breadcrumb breadcrumbs footer masthead topbar toolbar cookie "
    "cookies consent gdpr popup modal overlay newsletter subscribe subscription signup optin login "
    "search share sharing social follow advert advertisement ads sponsor sponsored affiliate "
    "disclosure bio rating ratings toc widget sidebar tags pagination promo banner cta credits skip",
    "tab": "tab tabs tabpanel tabcontent tabpane",
}  # fmt: skip
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_STRICTNESS = {"": 0, "tab": 1, "button": 2, "chrome": 3, "hidden": 4, "related": 5, "comments": 6}
_HIDDEN = frozenset(["hidden", "hide", "is-hidden", "d-none", "invisible", "u-hidden"])
_CLASS_WORD = re.compile(r"[a-z]+|[A-Z][a-z]*")
_PHRASES = re.compile(
    r"also[-_]?like|read[-_]?next|up[-_]?next|you[-_]?may|table[-_]of[-_]contents|author[-_]box"
)
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_READ_ALOUD = re.compile(r"sr-only|screen-reader|visually-?hidden", re.IGNORECASE)
_WIDE = re.compile(r":|-(?:sm|md|lg|xl)-")
_SPACES = re.compile(r"\s+")


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

    def __init__(self, around_content: set[Any]) -> None:
        self.around_content = around_content
        self.lines: list[Line] = []
        self.pieces: list[str] = []
        self.regions: list[tuple[Any, str, int]] = [(None, "", 0)]
        self.items: list[tuple[Any, int]] = []
        self.rows: list[tuple[Any, int]] = []
        self.heading: Any = None
        self.link: Any = None
        self.linked = 0
        self.count = 0
        self.place: Any = None

    def add(self, text: str | None) -> None:
        if text:
            self.pieces.append(text)
            if self.link is not None:
                self.linked += len(text.strip())

    def flush(self) -> None:
        if self.pieces:
            text = _SPACES.sub(" ", "".join(self.pieces)).strip()
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
        kind = "" if element in self.around_content else _kind(element, tag)
        if kind:
            outer = self.regions[-1][1]
            if _STRICTNESS[outer] > _STRICTNESS[kind]:
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


def page_lines(tree: Any) -> list[Line]:
    """The lines of ``tree`` in document order, without those of elements that are never shown."""
    import lxml.etree

    walk = _Walk(_around_content(tree))
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
            context.skip_subtree()
            unshown = element
            continue
        walk.start(element, tag)
    walk.flush()
    return walk.lines


def _around_content(tree: Any) -> set[Any]:
    """The elements around the page's title and main part: whatever their class, they are the page."""
    around: set[Any] = set()
    for element in [*tree.xpath("//h1")[:3], *tree.xpath("//main")[:1]]:
        around.update(element.iterancestors())
    return {
        element for element in around if element.tag not in ("header", "nav", "aside", "footer")
    }


def _touches_another(element: Any) -> bool:
    previous = element.getprevious()
    return previous is not None and isinstance(previous.tag, str) and not previous.tail


def _label(element: Any, tag: str) -> str | None:
    """What an element shows besides its text: the value of a field."""
    if tag == "input" and element.get("type", "text") in ("text", "number"):
        return f" {element.get('value') or ''} "
    return None


def _kind(element: Any, tag: str) -> str:
    """The kind of a part of the page that starts with ``element``; "" if it is like its parent."""
    if tag in ("html", "body", "main"):
        return ""
    attributes = element.attrib
    if not attributes:
        return _PAGE_PARTS.get(tag, "")
    style = attributes.get("style")
    if "hidden" in attributes or (style and _UNSEEN_STYLE.search(style)):
        return "tab" if attributes.get("role") == "tabpanel" else "hidden"
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    by_name = _kind_of_names(names) if tag not in ("article", "a", "input", "img") else ""
    by_role = _ROLES.get(attributes.get("role", ""), _PAGE_PARTS.get(tag, ""))
    return max(by_name, by_role, key=_STRICTNESS.__getitem__)


@lru_cache(maxsize=8192)
def _kind_of_names(names: str) -> str:
    if _READ_ALOUD.search(names):
        return ""
    # "hidden md:block" and "d-none d-md-block" are shown on wide screens.
    tokens = names.split()
    if not _HIDDEN.isdisjoint(tokens) and not any(_WIDE.search(token) for token in tokens):
        return "hidden"
    kinds = [_KIND_OF.get(word.lower(), "") for word in _CLASS_WORD.findall(names[:500])]
    if _PHRASES.search(names):
        kinds.append("related")
    return max(kinds, key=_STRICTNESS.__getitem__, default="")
