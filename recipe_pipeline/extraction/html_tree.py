"""Parse a page's HTML into an lxml tree, whatever the page is made of."""

from __future__ import annotations

import re
from typing import Any

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|center|em|font|i|small|span|strong|u)\b[^<>]*>", re.IGNORECASE
)
_TAGS = re.compile(r"(?:<[^<>]*>\s*)+")
_UNREAD = re.compile(
    r"<(script|style|noscript|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)",
    re.IGNORECASE | re.DOTALL,
)


def parse_html(page: str) -> Any:
    """The root element of ``page``, or None if there is nothing to parse.

    libxml2 ends the document where tags are nested too deeply, usually because of inline tags that
    are never closed: such a page is parsed without those, or in the end without any tags.
    """
    tree, complete = _parse(_DECLARATION.sub("", page))
    if complete:
        return tree
    body = _UNREAD.sub(" ", page)
    tree, complete = _parse(_INLINE_TAG.sub(" ", body))
    if complete:
        return tree
    return _parse("<body><p>" + _TAGS.sub("<br>", body))[0]


def _parse(page: str) -> tuple[Any, bool]:
    """The tree, and whether it is the whole page."""
    import lxml.etree
    import lxml.html

    # huge_tree: 2,048 levels instead of 256.
    parser = lxml.html.HTMLParser(huge_tree=True)
    try:
        # lxml refuses text that declares an encoding.
        tree = lxml.html.document_fromstring(page, parser=parser)
    except (lxml.etree.LxmlError, ValueError, RecursionError):
        return None, True
    return tree, not any("depth" in error.message for error in parser.error_log)
