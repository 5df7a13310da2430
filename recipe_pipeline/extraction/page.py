"""Bytes of a text file or web page -> its readable text, and its own recipe if it has one.

Pages are untrusted: their scripts are never run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from recipe_pipeline.common.decoding import decode_page
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.page_text import read_html
from recipe_pipeline.extraction.structured import PageData, page_data

NO_TEXT = "the page has no readable text: save it from a browser as text"

_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"<(?:meta|title|link|script|style|header|nav|article|main|section|div|span|p|h[1-6]|[uo]l|"
    r"table)[\s>]",
    re.IGNORECASE,
)
_TAG = re.compile(r"<(?:[a-z][a-z0-9]*[\s>/]|!--|\?xml\s)", re.IGNORECASE)
_TAG_FIRST = re.compile(rf"\s*{_TAG.pattern}", re.IGNORECASE)
_HTML_HEAD = 4096


@dataclass(frozen=True)
class Page:
    """``text`` is what a reader sees ("" if only scripts would show it); ``read_data`` finds out what
    the page says about its own recipe in a form for machines. ``note`` is what ``text`` may lack."""

    text: str
    read_data: Callable[[], PageData] = PageData
    note: str = ""
    title: str = ""

    @cached_property
    def data(self) -> PageData:
        """What ``read_data`` finds, which takes a while and is not always wanted."""
        return self.read_data()

    @property
    def recipe(self) -> dict[str, Any]:
        """The page's own complete recipe, or ``{}``."""
        return self.data.recipe


def read_page(content: bytes, name: str, charset: str | None = None) -> Page:
    """The page in ``content``: HTML or plain text, whichever it looks like.

    ``charset`` is what the server declared. Raises PipelineError for a binary file and for a web
    page that has neither text nor a recipe.
    """
    text = decode_page(content, name, charset)
    if not looks_like_html(text, name):
        return Page(text.replace("\r\n", "\n").replace("\r", "\n").strip())
    shown = read_html(text)
    page = Page(shown.text, lambda: page_data(text, shown.text, name), shown.note, shown.title)
    if not (page.text or page.recipe):
        raise PipelineError(NO_TEXT)
    return page


def looks_like_html(text: str, name: str = "") -> bool:
    """Whether ``text`` is HTML: it starts like a whole page, or is a fragment of one.

    A fragment starts with a tag, or has any and the ``name`` of an HTML file. Tags further down do not
    make other text HTML, and Markdown may well start with a ``<div>``.
    """
    head, name = text[:_HTML_HEAD], name.lower()
    if _PAGE.search(head):
        return True
    if name.endswith((".txt", ".md")):
        return False
    if name.endswith((".html", ".htm")):
        return bool(_TAG.search(head))
    return bool(_TAG_FIRST.match(head) and _FRAGMENT.search(head))
