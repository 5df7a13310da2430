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

from recipe_pipeline.errors import PipelineError

MAX_SCRIPTS = 50
MAX_SCRIPT_CHARACTERS = 2_000_000
MAX_NODES = 20_000
"""Objects and lists looked at in one page's JSON-LD; real pages have some hundreds."""

_HTML_START = re.compile(
    r"<(?:!doctype\s+html|html|head|body|meta|title|script|article|main|section|div|p|h1)[\s>]",
    re.IGNORECASE,
)
_HTML_HEAD = 4096
_DECLARED_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_MARKUP = re.compile(r"<[a-zA-Z/!][^>]{0,1000}>")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True)
class Document:
    """``text`` is what a reader sees; ``recipe`` the page's own complete recipe or ``{}``."""

    text: str
    recipe: dict[str, Any] = field(default_factory=dict)


def read_document(content: bytes, name: str, charset: str | None = None) -> Document:
    """The document in ``content``, HTML or plain text by what it looks like.

    ``charset`` is what a server declared. Raises PipelineError for a binary file and for a page
    without text.
    """
    text = decode(content, name, charset)
    if not looks_like_html(text):
        return Document(text.replace("\r\n", "\n").replace("\r", "\n").strip())
    recipe = page_recipe(text)
    return Document(html_text(text), recipe)


def decode(content: bytes, name: str, charset: str | None = None) -> str:
    """``content`` as text: byte order mark, ``charset``, the page's own declaration, UTF-8, cp1252.

    Raises PipelineError when it is no text.
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    sample = content[:65536]
    control = sum(sample.count(byte) for byte in (*range(1, 9), *range(14, 27), 127))
    if b"\0" in sample or control > len(sample) / 50:
        raise PipelineError(f"{name} is a binary file: pass text or HTML")
    declared = _DECLARED_CHARSET.search(sample[:_HTML_HEAD])
    candidates = [charset, declared[1].decode("ascii") if declared else None, "utf-8"]
    for encoding in candidates:
        try:
            if encoding:
                return content.decode(encoding)
        except (LookupError, UnicodeError):
            continue
    return content.decode("cp1252", errors="replace")


def looks_like_html(text: str) -> bool:
    """Whether ``text`` is a page: it opens with a tag, or has page structure near its start."""
    return bool(_HTML_START.search(text[:_HTML_HEAD]))


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
        raise PipelineError("the page holds no readable text: save it from a browser as text")
    title = _title(page)
    return text.strip() if not title or title in text[:500] else f"{title}\n\n{text.strip()}"


def page_recipe(page: str) -> dict[str, Any]:
    """The first complete schema.org Recipe in the page's JSON-LD, normalised; ``{}`` if none.

    Complete means: with name, ingredients and instructions.
    """
    from recipe_pipeline.schema_org import RecipeInvalid, normalise_recipe

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
            yield json.loads(text, strict=False, parse_constant=lambda name: None)
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
            if "Recipe" in (kinds if isinstance(kinds, list) else [kinds]):
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
