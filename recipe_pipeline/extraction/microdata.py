"""Recipes in a page's mark-up (microdata) as JSON-LD objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MAX_RECIPES = 20
MAX_COST = 200_000
"""Elements inside all properties of one recipe, nested ones counted again; real ones have some hundred."""
MAX_DEPTH = 20
"""Items within items."""

_LINES = {"ingredients": "recipeIngredient", "ingredient": "recipeIngredient"}
_TEXTS = ("recipeIngredient", "recipeInstructions", "name", "recipeYield", "text", "description")
_ROOTS = "//*[@itemscope and contains(translate(@itemtype, 'RECIP', 'recip'), 'recipe')]"


def microdata(tree: Any) -> list[dict[str, Any]]:
    """The recipes that ``tree`` marks up, in order. Changes ``tree``."""
    roots = tree.xpath(_ROOTS)[:MAX_RECIPES]
    items: list[dict[str, Any]] = []
    for root in roots:
        if any(parent in roots for parent in root.iterancestors()):
            continue
        if _cost(root) <= MAX_COST and _depth(root) <= MAX_DEPTH:
            _mend(root)
            items += _items(root)
    return items


def _items(root: Any) -> Iterator[dict[str, Any]]:
    from extruct.w3cmicrodata import MicrodataExtractor

    try:
        # Without a base, addresses stay as they are: not even odd ones raise.
        found = MicrodataExtractor().extract_items(root, "")
    except (AssertionError, RecursionError, TypeError, ValueError):
        return
    for item in found:
        yield _node(item)


def _node(item: Any) -> Any:
    """An item of extruct as a JSON-LD object."""
    if isinstance(item, list):
        return [_node(each) for each in item]
    if not isinstance(item, dict):
        return item
    node = {"@type": item.get("type", ""), "@id": item.get("id", ""), "text": item.get("value", "")}
    node = {key: value for key, value in node.items() if value}
    properties = item.get("properties", {})
    return {**node, **{key: _node(value) for key, value in properties.items()}}


def _cost(root: Any) -> int:
    marked = root.xpath(".//*[@itemprop]")
    if len(marked) * len(marked) > MAX_COST * 50:
        return MAX_COST + 1
    total = 0
    for element in marked:
        total += int(element.xpath("count(.//*)"))
        if total > MAX_COST:
            break
    return total


def _depth(root: Any) -> int:
    """How deep the items inside ``root`` are nested.

    extruct recurses into them, and lxml never frees the lock of an expression in which Python's
    recursion limit is met: the next page would wait for ever.
    """
    items = root.xpath(".//*[@itemscope and @itemprop]")
    return max((int(item.xpath("count(ancestor::*[@itemscope])")) for item in items), default=0)


def _mend(root: Any) -> None:
    """What extruct should not follow, and where sites misread the standard, so that it would take an address or nothing for the text."""
    for element in root.xpath("//*[@itemref]"):
        del element.attrib["itemref"]  # rare, and leads anywhere, also in circles
    for element in root.xpath(".//*[@itemprop]"):
        names = [_LINES.get(name, name) for name in element.get("itemprop").split()]
        element.set("itemprop", " ".join(names))
    for element in root.xpath(".//*[@itemprop]"):
        names = element.get("itemprop").split()
        for name in ("recipeIngredient", "recipeInstructions"):
            if name in names and element.xpath(f".//*[contains(@itemprop, '{name}')]"):
                del element.attrib["itemprop"]  # the box around the list, marked as a line
                break
        is_text = element.tag in ("a", "link") and any(name in _TEXTS for name in names)
        if is_text or (element.tag == "time" and not element.get("datetime")):
            element.tag = "span"
