"""A recipe document (canonical JSON-LD) as JSON-LD, web page, Markdown or plain text.

All strings come from a model or a web page. The HTML template escapes every one of them, and the
JSON-LD inside the page is escaped so that no string can close its script tag.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from recipe_pipeline.extraction.mealie import ingredient_parts, mealie_export
from recipe_pipeline.schema.recipe import ingredient_lines, recipes_in
from recipe_pipeline.text.durations import iso_to_minutes, spell_minutes

_JSON_FORMATS = {
    "jsonld": lambda document: document,
    "mealie": mealie_export,
    "ingredients": ingredient_parts,
}
_TIMES = (("prepTime", "Prep"), ("cookTime", "Cook"), ("totalTime", "Total"))
_KINDS = (("recipeCategory", "Category"), ("recipeCuisine", "Cuisine"), ("keywords", "Keywords"))


@dataclass(frozen=True)
class Section:
    """Steps under a title, "" for none."""

    title: str
    steps: list[str]


@dataclass(frozen=True)
class Card:
    """A recipe as people see it: single lines without control characters."""

    name: str
    description: str
    facts: list[tuple[str, str]]
    ingredients: list[str]
    sections: list[Section]


def render(document: dict[str, Any], output_format: str) -> str:
    """``document`` (one recipe, a ``@graph``, or ``{}``) in one of the formats of 08."""
    if output_format in _JSON_FORMATS:
        data = _JSON_FORMATS[output_format](document)
        return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    cards = [card(recipe) for recipe in recipes_in(document)]
    template = _environment().get_template(f"{output_format}.jinja")
    return template.render(cards=cards, json_ld=_for_script(document))


def card(recipe: dict[str, Any]) -> Card:
    """What people see of a recipe."""
    return Card(
        _one_line(recipe["name"]),
        _one_line(recipe.get("description", "")),
        list(_facts(recipe)),
        [_one_line(line) for line in ingredient_lines(recipe)],
        _sections(recipe),
    )


def script_safe_json(document: dict[str, Any]) -> str:
    """JSON that can be placed in a script element: no character of it can end the element.

    See "Restrictions for contents of script elements" in the HTML standard. The escapes are JSON's
    own, so parsers read the same strings.
    """
    text = json.dumps(document, ensure_ascii=False, indent=1)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _for_script(document: dict[str, Any]) -> Any:
    from markupsafe import Markup

    return Markup(script_safe_json(document))


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=lambda name: name == "html.jinja",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["markdown"] = _markdown_text
    return environment


def _facts(recipe: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if recipe.get("recipeYield"):
        yield "Yield", _one_line(recipe["recipeYield"])
    for key, label in _TIMES:
        minutes = iso_to_minutes(recipe.get(key))
        if minutes is not None:
            yield label, spell_minutes(minutes)
    for key, label in _KINDS:
        if recipe.get(key):
            yield label, _one_line(recipe[key])


def _sections(recipe: dict[str, Any]) -> list[Section]:
    """The instructions; consecutive steps outside any section share one without a title."""
    sections: list[Section] = []
    for item in recipe.get("recipeInstructions", ()):
        if "itemListElement" in item:
            steps = [_one_line(step["text"]) for step in item["itemListElement"]]
            sections.append(Section(_one_line(item["name"]), steps))
            continue
        if not sections or sections[-1].title:
            sections.append(Section("", []))
        sections[-1].steps.append(_one_line(item["text"]))
    return sections


def _one_line(value: Any) -> str:
    """One line without control characters, which a terminal would obey."""
    text = " ".join(str(value).split())
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", text)


def _markdown_text(text: str) -> str:
    """``text`` escaped for Markdown: no emphasis, links, images or raw HTML."""
    text = re.sub(r"([\\`*_\[\]<>|]|&(?=#?\w+;))", r"\\\1", text)
    return re.sub(r"^(#{1,6}|[-+>]|\d+[.)])(?=\s|$)", r"\\\1", text)
