"""Web pages to evaluate on: the text that 08 would read, and all that a reader could see."""

from __future__ import annotations

import re
from pathlib import Path

from recipe_pipeline.common.decoding import decode_page
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.fetch import too_large
from recipe_pipeline.extraction.html_tree import parse_html
from recipe_pipeline.extraction.page import read_page
from recipe_pipeline.extraction.settings import FetchLimits

INDEX_NAME = "index.jsonl"

_UNSEEN = ("script", "style", "noscript", "template", "head", "select", "textarea", "svg", "iframe")
_INLINE = ("a", "abbr", "b", "cite", "data", "em", "font", "i", "label", "mark", "q", "s", "small",
           "span", "strong", "sub", "sup", "time", "u")  # fmt: skip

_SPACES = re.compile(r"\s+")
_FOR_SCREEN_READERS = (
    "//*[contains(@class, 'screen-reader') or contains(@class, 'sr-only') or "
    "contains(@class, 'visually-hidden')]"
)


def page_file(folder: Path, name: str) -> bytes:
    """The content of file ``name`` in ``folder``.

    Raises PipelineError for a name that leads out of the folder and for a file that cannot be read.
    """
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise PipelineError(f"the file {name!r} is not in {folder}: list only files beside it")
        limits = FetchLimits()
        if path.stat().st_size > limits.max_bytes:
            raise too_large(str(path), limits)
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or "no such file name"
        raise PipelineError(f"cannot read the page {name!r} in {folder} ({reason})") from None


def text_of(content: bytes) -> tuple[str, str]:
    """(text, title) of a page as 08 reads it, without its own structured data; "" for none."""
    try:
        page = read_page(content, "page.html")
    except PipelineError:  # 08 has nothing to ask a model about
        return "", ""
    return page.text, page.title


def visible_text(content: bytes) -> str:
    """All text of a page, one line for each block; what a tab or a script hides is included.

    Deliberately simpler than the text step of 08, whose losses are measured against it.
    """
    from lxml import etree

    try:
        root = parse_html(decode_page(content, "page.html"))
    except PipelineError:  # binary
        root = None
    if root is None:
        return ""
    for element in root.xpath(_FOR_SCREEN_READERS):  # "1 hour hour 20 minutes minutes"
        element.drop_tree()
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
    etree.strip_tags(root, etree.Comment, etree.ProcessingInstruction)
    pieces: list[str] = []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        text = (element.text if event == "start" else element.tail) or ""
        pieces += ["" if element.tag in _INLINE else "\n", _SPACES.sub(" ", text)]
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)
