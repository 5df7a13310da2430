"""Bytes of a file or page -> readable text, and the recipe that a page carries as JSON-LD.

Pages are untrusted: scripts are never run, markup is dropped by the article extractor
(trafilatura), and what a script tag holds is parsed as JSON within limits, nothing else.
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

NO_TEXT = "the page holds no readable text: save it from a browser as text"
MAX_SCRIPTS = 50
MAX_SCRIPT_CHARACTERS = 2_000_000
MAX_NODES = 20_000
"""Objects and lists looked at in one page's JSON-LD; real pages have some hundreds."""

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
class Document:
    """``text`` is what a reader sees ("" where only scripts would show it); ``recipe`` the page's own
    complete recipe or ``{}``."""

    text: str
    recipe: dict[str, Any] = field(default_factory=dict)


def read_document(content: bytes, name: str, charset: str | None = None) -> Document:
    """The document in ``content``, HTML or plain text by what it looks like.

    ``charset`` is what a server declared. Raises PipelineError for a binary file and for a page
    that has neither text nor a recipe.
    """
    text = decode_page(content, name, charset)
    if not looks_like_html(text, name):
        return Document(text.replace("\r\n", "\n").replace("\r", "\n").strip())
    recipe = page_recipe(text)
    try:
        return Document(html_text(text), recipe)
    except PipelineError:
        if not recipe:  # else it is a page whose text only its scripts would write
            raise
        return Document("", recipe)


def looks_like_html(text: str, name: str = "") -> bool:
    """Whether ``text`` is a page: it has a page's own tags near its start, or is a part of one.

    A part opens with a tag or has the ``name`` of a page. Other tags do not make plain text a page,
    and Markdown may also open with a ``<div>``.
    """
    head, name = text[:_HTML_HEAD], name.lower()
    if _PAGE.search(head):
        return True
    if name.endswith((".txt", ".md")):
        return False
    is_part = name.endswith((".html", ".htm")) or _TAG_FIRST.match(head)
    return bool(is_part and _FRAGMENT.search(head))


def html_text(page: str) -> str:
    """The readable text of a page, its title first; raises PipelineError when there is none."""
    import trafilatura

    text = None
    try:
        text = trafilatura.extract(
            page, include_comments=False, include_tables=True, favor_recall=True
        )
    except (RecursionError, ValueError, AttributeError):  # markup that breaks the parser
        text = None
    text = text or _all_text(page)
    if not text.strip():
        raise PipelineError(NO_TEXT)
    title = _title(page)
    return text.strip() if not title or title in text[:500] else f"{title}\n\n{text.strip()}"


def page_recipe(page: str) -> dict[str, Any]:
    """The first complete schema.org Recipe in the page's JSON-LD, normalised; ``{}`` if none.

    Complete means: with name, ingredients and instructions.
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
    """Parsed JSON-LD of a page; what is no JSON, too long or too deep is passed over."""
    tree = _tree(page)
    if tree is None:
        return
    scripts = tree.xpath("//script[contains(@type, 'ld+json')]")
    for script in scripts[:MAX_SCRIPTS]:
        text = (script.text or "").strip()
        if not text or len(text) > MAX_SCRIPT_CHARACTERS:
            continue
        try:
            # Line breaks inside strings are common on real pages; strict JSON forbids them.
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
    """``value`` with markup and character references removed from all strings."""
    if depth > 20:
        return None
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, str) and ("<" in value or "&" in value):
        # Twice: plugins escape what was escaped before ("&amp;frac12;").
        return html.unescape(html.unescape(_MARKUP.sub(" ", value)))
    return value


def _title(page: str) -> str:
    tree = _tree(page)
    heads = tree.xpath("//h1") if tree is not None else []
    texts = [" ".join(head.text_content().split()) for head in heads[:3]]
    return next((text for text in texts if 2 < len(text) < 150), "")


def _all_text(page: str) -> str:
    """All text of the body but scripts and styles, for pages the extractor gives up on."""
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
        # A declaration of the encoding is wrong by now, and lxml refuses text that has one.
        body = re.sub(r"^\s*<\?xml[^>]*\?>", "", page)
        return lxml.html.document_fromstring(body)
    except (lxml.etree.LxmlError, ValueError, RecursionError):
        return None
