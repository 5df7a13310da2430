"""The recipe that a page carries as data: JSON-LD or microdata.

All of it is untrusted. It is read within limits, value by value, so that an odd one costs itself and not
the recipe.
"""

from __future__ import annotations

import html
import itertools
import re
from collections import ChainMap, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from recipe_pipeline.extraction.html_tree import parse_html
from recipe_pipeline.extraction.json_ld import json_ld
from recipe_pipeline.extraction.microdata import microdata
from recipe_pipeline.extraction.own_recipe import (
    Candidate,
    PageFacts,
    missing_part,
    own_recipes,
    same_page,
)
from recipe_pipeline.extraction.site_rules import site_recipe

MAX_NODES = 20_000
"""Objects and lists visited in one page's data; real pages have a few hundred."""
MAX_RECIPES = 100
SITE = "the site's rules"

_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]{0,1000}>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_URL = re.compile(r"https?://\S+")
_ESCAPED_BREAK = re.compile(r"(?:\\r)?\\n")  # a line break that was escaped twice
_RECIPE_TYPE = re.compile(
    r"(?:https?://(?:www\.)?(?:schema|data-vocabulary)\.org/|schema:)?recipe/?", re.IGNORECASE
)
# A node behind any other property is about another page, or an aside.
_OWN_KEYS = frozenset(
    (
        *("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "about", "subjectOf"),
        *("itemListElement", "item"),
    )
)


@dataclass(frozen=True)
class PageData:
    """``recipe``: one recipe, a ``@graph`` of several, or ``{}``; ``origin``: where it stood;
    ``notes``: what is unusable in the page's data."""

    recipe: dict[str, Any] = field(default_factory=dict)
    origin: str = ""
    notes: tuple[str, ...] = ()

    def report(self) -> list[str]:
        """What a user should know, in single lines."""
        notes = _CONTROL.sub("", "; ".join(self.notes))[:500]
        if not self.recipe:
            return [f"{notes}: the model is asked instead"] if notes else []
        count = len(self.recipe.get("@graph", [self.recipe]))
        found = f"{count} complete {self.origin} recipes, which are used as they are"
        if count == 1:
            found = f"a complete {self.origin} recipe, which is used as it is"
        if self.origin == SITE:
            found = (
                "a complete recipe by recipe-scrapers' rules for its site, which is used as it is"
            )
        lines = [f"the page has {found} (--ignore-page-data asks the model instead)"]
        return [*lines, f"left out as unreadable: {notes}"] if notes else lines


def page_data(page: str, text: str = "", url: str = "") -> PageData:
    """The page's own complete recipes, in canonical form.

    ``text`` is the page as people read it and ``url`` its address, both "" if unknown; they tell the
    page's own recipe from teasers of others. Complete means with name, ingredients and instructions.
    """
    tree = parse_html(page)
    if tree is None:
        return PageData()
    facts = PageFacts.of(tree, text, url)
    values, unreadable = json_ld(tree)
    readers: dict[str, Callable[[], list[Any]]] = {
        "JSON-LD": lambda: values,
        "microdata": lambda: microdata(tree),
        SITE: lambda: [site_recipe(page, facts.url)],
    }
    notes = ["the page's JSON-LD is broken"] if unreadable else []
    for origin, read in readers.items():
        data = _usable(read(), origin, facts)
        if data.recipe:
            return data
        notes += data.notes if origin != SITE else ()
    return PageData(notes=tuple(notes))


def _usable(values: list[Any], origin: str, facts: PageFacts) -> PageData:
    from recipe_pipeline.schema.terms import CONTEXT

    candidates = _candidates(values, facts)
    complete = [candidate for candidate in candidates if not missing_part(candidate.recipe, facts)]
    own = own_recipes(complete, facts)
    if not own:
        return PageData(notes=tuple(_why_none(candidates, complete, origin, facts)))
    notes = [f"{c.recipe['name']}: {complaint}" for c in own for complaint in c.complaints]
    if len(own) == 1:
        return PageData(own[0].recipe, origin, own[0].complaints)
    bodies = [{k: v for k, v in c.recipe.items() if k != "@context"} for c in own]
    return PageData({"@context": CONTEXT, "@graph": bodies}, origin, tuple(notes))


def _why_none(
    candidates: list[Candidate], complete: list[Candidate], origin: str, facts: PageFacts
) -> Iterator[str]:
    if complete:
        yield f"the recipes in the page's {origin} belong to other pages"
    elif candidates:
        yield f"the recipe in the page's {origin} has no usable {missing_part(candidates[0].recipe, facts)}"


def _candidates(values: list[Any], facts: PageFacts) -> list[Candidate]:
    """Every recipe in the data once; nodes with the same id are merged."""
    from recipe_pipeline.schema.salvage import salvage_recipe

    recipes: dict[str, list[tuple[dict[str, Any], bool]]] = defaultdict(list)
    mains: set[str] = set()
    for position, (node, aside, main) in enumerate(_nodes(values)):
        key = node["@id"] if isinstance(node.get("@id"), str) else f"node {position}"
        if main:
            mains.add(key)
        if _is_recipe(node):
            recipes[key].append((node, aside))
    candidates = []
    for key, parts in itertools.islice(recipes.items(), MAX_RECIPES):
        node = dict(ChainMap(*(part for part, _ in parts)))
        recipe, complaints = salvage_recipe(_plain(node))
        candidates.append(
            Candidate(
                _named(recipe, facts),
                tuple(complaints),
                aside=all(aside for _, aside in parts),
                main=key in mains,
                here=_address(node, facts),
            )
        )
    return candidates


def _is_recipe(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and _RECIPE_TYPE.fullmatch(kind.strip()) for kind in kinds)


def _nodes(values: list[Any]) -> Iterator[tuple[dict[str, Any], bool, bool]]:
    """``(object, aside, main)`` for all objects in ``values``, breadth first, within MAX_NODES.

    ``aside``: it stands behind a property that leads away from the page; ``main``: behind the one
    that names what the page is about.
    """
    queue: list[tuple[Any, bool, bool]] = [(values, False, False)]
    for position in range(MAX_NODES):
        if position >= len(queue):
            return
        node, aside, main = queue[position]
        if isinstance(node, list):
            children = [(child, aside, main) for child in node[:MAX_NODES]]
        else:
            yield node, aside, main
            children = [
                (child, aside or key not in _OWN_KEYS, key == "mainEntity")
                for key, child in node.items()
            ]
        queue += [child for child in children if isinstance(child[0], dict | list)]


def _named(recipe: dict[str, Any], facts: PageFacts) -> dict[str, Any]:
    """``recipe`` with the page's heading for a name that it lacks."""
    name = recipe.get("name") or recipe.get("headline") or facts.heading
    if "name" in recipe or not isinstance(name, str) or not name:
        return recipe
    frame = {key: recipe[key] for key in ("@context", "@type") if key in recipe}
    return {**frame, "name": name, **recipe}


def _address(node: dict[str, Any], facts: PageFacts) -> bool | None:
    """Whether the recipe's address is that of the page; None if one of them is unknown."""
    for key in ("url", "mainEntityOfPage", "@id"):
        value = node.get(key)
        value = value.get("@id") or value.get("url") if isinstance(value, dict) else value
        if isinstance(value, str) and (same := same_page(value, facts.url)) is not None:
            return same
    return None


def _plain(value: Any, depth: int = 0) -> Any:
    """``value`` with character references resolved in all strings and markup turned into lines."""
    if depth > 20:
        return None
    if isinstance(value, dict):
        plain = {key: _plain(item, depth + 1) for key, item in value.items()}
        # PHP writes a list with a gap in its numbers as an object.
        is_list = bool(plain) and all(key.isdecimal() for key in plain)
        return list(plain.values()) if is_list else plain
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if not isinstance(value, str) or not any(sign in value for sign in "<&\\"):
        return value
    if _URL.fullmatch(value):
        return value.replace("&amp;", "&")
    value = _ESCAPED_BREAK.sub("\n", value)
    # Twice: plugins escape what is already escaped ("&amp;frac12;").
    value = html.unescape(html.unescape(value))
    return _without_markup(value) if _MARKUP.search(value) else value


def _without_markup(value: str) -> str:
    import html_text

    to_text: Callable[[str], str] = html_text.extract_text
    try:
        return to_text(value)
    except (ValueError, RecursionError, AssertionError):
        return _MARKUP.sub(" ", value)
