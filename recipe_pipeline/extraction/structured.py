"""The recipe that a page carries as JSON-LD.

The content of script tags is parsed as JSON within limits and used for nothing else.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from recipe_pipeline.extraction.html_tree import parse_html
from recipe_pipeline.llm.replies import without_lone_surrogates

MAX_SCRIPTS = 50
MAX_SCRIPT_CHARACTERS = 2_000_000
MAX_NODES = 20_000
"""Objects and lists visited in one page's JSON-LD; real pages have a few hundred."""

_MARKUP = re.compile(r"<[a-zA-Z/!][^>]{0,1000}>")
_RECIPE_TYPE = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:)?Recipe")


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
    tree = parse_html(page)
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
