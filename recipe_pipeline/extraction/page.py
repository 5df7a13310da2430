"""Bytes of a text file or web page -> its readable text, and its own JSON-LD recipe if it has one.

Pages are untrusted: scripts are never run, trafilatura drops the markup, and the content of script
tags is parsed as JSON within limits and used for nothing else.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.common.decoding import decode_page
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.llm.replies import without_lone_surrogates

NO_TEXT = "the page has no readable text: save it from a browser as text"
MAX_SCRIPTS = 50
MAX_SCRIPT_CHARACTERS = 2_000_000
MAX_NODES = 20_000
"""Objects and lists visited in one page's JSON-LD; real pages have a few hundred."""

_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
_FRAGMENT = re.compile(
    r"<(?:meta|title|link|script|style|header|nav|article|main|section|div|span|p|h[1-6]|[uo]l|"
    r"table)[\s>]",
    re.IGNORECASE,
)
_TAG_FIRST = re.compile(r"\s*<(?:[a-z][a-z0-9]*[\s>/]|!--|\?xml\s)", re.IGNORECASE)
_HTML_HEAD = 4096
_MARKUP = re.compile(r"<[a-zA-Z/!][^>]{0,1000}>")
_RECIPE_TYPE = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:)?Recipe")


@dataclass(frozen=True)
class Page:
    """``text`` is what a reader sees ("" if only scripts would show it); ``recipe`` is the page's own
    complete recipe or ``{}``."""

    text: str
    recipe: dict[str, Any] = field(default_factory=dict)


def read_page(content: bytes, name: str, charset: str | None = None) -> Page:
    """The page in ``content``: HTML or plain text, whichever it looks like.

    ``charset`` is what the server declared. Raises PipelineError for a binary file and for a web
    page that has neither text nor a recipe.
    """
    text = decode_page(content, name, charset)
    if not looks_like_html(text, name):
        return Page(text.replace("\r\n", "\n").replace("\r", "\n").strip())
    page = Page(html_text(text), page_recipe(text))
    if not (page.text or page.recipe):
        raise PipelineError(NO_TEXT)
    return page


def looks_like_html(text: str, name: str = "") -> bool:
    """Whether ``text`` is HTML: it starts like a whole page, or is a fragment of one.

    A fragment starts with a tag or has an HTML file ``name``. Tags further down do not make plain
    text HTML, and Markdown may well start with a ``<div>``.
    """
    head, name = text[:_HTML_HEAD], name.lower()
    if _PAGE.search(head):
        return True
    if name.endswith((".txt", ".md")):
        return False
    is_fragment = name.endswith((".html", ".htm")) or _TAG_FIRST.match(head)
    return bool(is_fragment and _FRAGMENT.search(head))


def html_text(page: str) -> str:
    """The readable text of a page, title first; "" if there is none."""
    import trafilatura

    try:
        text = trafilatura.extract(
            page, include_comments=False, include_tables=True, favor_recall=True
        )
    except (RecursionError, ValueError, AttributeError):  # markup that breaks its parser
        text = None
    text = (text or _all_text(page)).strip()
    title = _title(page)
    return f"{title}\n\n{text}" if text and title and title not in text[:500] else text


def page_recipe(page: str) -> dict[str, Any]:
    """The first complete schema.org Recipe in the page's JSON-LD, normalised; ``{}`` if there
    is none. Complete means with name, ingredients and instructions.
    """
    from recipe_pipeline.schema.recipe import RecipeInvalid, normalise_recipe

    for script in _json_ld_scripts(page):
        for node in _recipe_nodes(script):
            try:
                recipe = normalise_recipe(_plain(node))
            except (RecipeInvalid, RecursionError):
                continue
            if all(recipe.get(key) for key in ("name", "recipeIngredient", "recipeInstructions")):
                return recipe
    return {}


def _json_ld_scripts(page: str) -> Iterator[Any]:
    """The parsed JSON-LD scripts of a page, without those that are broken, too long or too deep."""
    tree = _tree(page)
    if tree is None:
        return
    for script in tree.xpath("//script[contains(@type, 'ld+json')]")[:MAX_SCRIPTS]:
        text = (script.text or "").strip()
        if not text or len(text) > MAX_SCRIPT_CHARACTERS:
            continue
        try:
            # Real pages often have line breaks inside strings, which strict JSON forbids.
            data = json.loads(text, strict=False, parse_constant=lambda name: None)
            yield without_lone_surrogates(data, text)
        except (ValueError, RecursionError):
            continue


def _recipe_nodes(data: Any) -> Iterator[dict[str, Any]]:
    """Objects of type Recipe anywhere in ``data``, breadth first, within MAX_NODES."""
    queue = [data]
    for position in range(MAX_NODES):
        if position >= len(queue):
            return
        node = queue[position]
        if isinstance(node, dict):
            kinds = node.get("@type")
            kinds = kinds if isinstance(kinds, list) else [kinds]
            if any(isinstance(kind, str) and _RECIPE_TYPE.fullmatch(kind) for kind in kinds):
                yield node
            node = list(node.values())
        if isinstance(node, list):
            queue += [child for child in node[:MAX_NODES] if isinstance(child, dict | list)]


def _plain(value: Any, depth: int = 0) -> Any:
    """``value`` with markup removed and character references resolved in all strings."""
    if depth > 20:
        return None
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, str) and ("<" in value or "&" in value):
        # Twice: plugins escape what is already escaped ("&amp;frac12;").
        return html.unescape(html.unescape(_MARKUP.sub(" ", value)))
    return value


def _title(page: str) -> str:
    tree = _tree(page)
    heads = tree.xpath("//h1") if tree is not None else []
    texts = [" ".join(head.text_content().split()) for head in heads[:3]]
    return next((text for text in texts if 2 < len(text) < 150), "")


def _all_text(page: str) -> str:
    """All text of the body except scripts and styles, for pages that trafilatura gives up on."""
    tree = _tree(page)
    if tree is None:
        return ""
    for element in tree.xpath("//script | //style | //noscript | //template | //head"):
        element.drop_tree()
    lines = (" ".join(line.split()) for line in tree.itertext())
    return "\n".join(line for line in lines if line)


def _tree(page: str) -> Any:
    import lxml.etree
    import lxml.html

    try:
        # lxml refuses text that declares an encoding.
        body = re.sub(r"^\s*<\?xml[^>]*\?>", "", page)
        return lxml.html.document_fromstring(body)
    except (lxml.etree.LxmlError, ValueError, RecursionError):
        return None
