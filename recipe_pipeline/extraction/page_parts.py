"""Which part of a page an element begins: its menus, comments, teasers, hidden parts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_PAGE_PARTS = {
    "nav": "chrome", "aside": "chrome", "footer": "chrome", "header": "chrome",
    "figcaption": "chrome", "form": "chrome", "button": "button",
}  # fmt: skip
# Whole words of class names and ids, the strictest kind first.
_WORDS = {
    "comments": "comment comments commentlist respond replies disqus discussion reviews",
    "related": "related recommended recommendations similar popular trending readnext latest recent "
    "teaser teasers carousel slider upnext alsolike crosslink products shoppable",
    "chrome": "nav navigation menu navbar breadcrumb breadcrumbs footer masthead topbar toolbar cookie "
    "cookies consent gdpr popup modal overlay newsletter subscribe subscription signup optin login "
    "search share sharing social follow advert advertisement ads sponsor sponsored affiliate "
    "disclosure bio rating ratings toc widget sidebar tags pagination promo banner cta credits skip",
}  # fmt: skip
_KIND_OF = {word: kind for kind, words in _WORDS.items() for word in words.split()}
_TAB = {"tab", "tabs", "tabpanel", "tabcontent", "tabpane"}
_NEVER_BY_NAME = {"article", "a", "input", "img"}
_PIECES = {
    "li", "tr", "td", "th", "dt", "dd", "p", "span", "label", "h1", "h2", "h3", "h4", "h5", "h6",
}  # fmt: skip
STRICTNESS = {
    kind: rank
    for rank, kind in enumerate(["", "button", "chrome", "hidden", "related", "comments"])
}
"""The kinds of parts. A part is of the strictest kind around it."""
_HIDDEN = {"hidden", "hide", "is-hidden", "d-none", "invisible", "u-hidden"}
_CLASS_WORD = re.compile(r"[a-z]+|[A-Z][a-z]*")
_PHRASES = re.compile(
    r"also[-_]?like|read[-_]?next|up[-_]?next|you[-_]?may|table[-_]of[-_]contents|author[-_]box"
)
_UNSEEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_WIDE = re.compile(r":|-(?:sm|md|lg|xl)-")


def part_kind(element: Any, tag: str) -> str:
    """The kind of a part of the page that starts with ``element``; "" if it is like its parent."""
    if tag in ("html", "body", "main"):
        return ""
    attributes = element.attrib
    if not attributes:
        return _PAGE_PARTS.get(tag, "")
    style = attributes.get("style")
    names = f"{attributes.get('class', '')} {attributes.get('id', '')}"
    kind, is_hidden, is_tab = _told_by_names("" if tag in _NEVER_BY_NAME else names)
    if kind == "chrome" and tag in _PIECES:
        kind = ""  # "menu-item", "newsletter-label": what the whole is decides
    kind = max(kind, _PAGE_PARTS.get(tag, ""), key=STRICTNESS.__getitem__)
    is_hidden = is_hidden or "hidden" in attributes or bool(style and _UNSEEN_STYLE.search(style))
    if is_hidden and not (is_tab or attributes.get("role") == "tabpanel"):
        return max(kind, "hidden", key=STRICTNESS.__getitem__)
    return kind


@lru_cache(maxsize=8192)
def _told_by_names(names: str) -> tuple[str, bool, bool]:
    """The kind of a part with these classes and id, whether it is hidden, whether it is a tab."""
    words = {word.lower() for word in _CLASS_WORD.findall(names[:500])}
    kinds = [_KIND_OF.get(word, "") for word in words]
    if _PHRASES.search(names):
        kinds.append("related")
    kind = max(kinds, key=STRICTNESS.__getitem__, default="")
    # "hidden md:block" and "d-none d-md-block" are shown on wide screens.
    tokens = names.split()
    is_hidden = not _HIDDEN.isdisjoint(tokens) and not any(_WIDE.search(token) for token in tokens)
    return kind, is_hidden, not _TAB.isdisjoint(words)


def around_content(tree: Any) -> set[Any]:
    """The elements around the page's title and main part: whatever their class, they are the page."""
    around: set[Any] = set()
    for element in [*tree.xpath("//h1")[:3], *tree.xpath("//main")[:1]]:
        around.update(element.iterancestors())
    return {
        element for element in around if element.tag not in ("header", "nav", "aside", "footer")
    }
