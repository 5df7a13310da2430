"""A recipe document (canonical JSON-LD) as JSON-LD, HTML page, Markdown or plain text.

All strings come from a model or a web page: HTML output escapes every one of them, and the JSON-LD
inside the page is escaped so that no string can close its script tag.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.schema.recipe import ingredient_lines, recipes_in
from recipe_pipeline.text.durations import iso_to_minutes, spell_minutes

FORMATS = ("jsonld", "html", "markdown", "text")
SUFFIXES = {"jsonld": ".json", "html": ".html", "markdown": ".md", "text": ".txt"}

_TIMES = (("prepTime", "Prep"), ("cookTime", "Cook"), ("totalTime", "Total"))
_KINDS = (("recipeCategory", "Category"), ("recipeCuisine", "Cuisine"), ("keywords", "Keywords"))

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<script type="application/ld+json">
{json_ld}
</script>
<style>
body {{ font: 1.05rem/1.55 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; \
padding: 0 1rem; color: #222; }}
article {{ border: 1px solid #ddd; border-radius: .75rem; padding: 1rem 1.75rem; \
margin-bottom: 2rem; }}
dl {{ display: flex; flex-wrap: wrap; gap: .25rem 1.75rem; margin: 1rem 0; }}
dl div {{ display: flex; gap: .4rem; }}
dt {{ color: #666; }}
dd {{ margin: 0; font-weight: 600; }}
li {{ margin: .3rem 0; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


@dataclass(frozen=True)
class Section:
    """Steps under an optional title."""

    title: str
    steps: tuple[str, ...]


def render(document: dict[str, Any], output_format: str) -> str:
    """``document`` (one recipe, a ``@graph``, or ``{}``) in one of FORMATS, ending in a line end."""
    renderers: dict[str, Callable[[dict[str, Any]], str]] = {
        "jsonld": json_ld,
        "html": html_page,
        "markdown": markdown,
        "text": plain_text,
    }
    return renderers[output_format](document)


def json_ld(document: dict[str, Any]) -> str:
    """Indented JSON."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def html_page(document: dict[str, Any]) -> str:
    """A page of its own: JSON-LD for programs, a recipe card for people. It loads nothing."""
    recipes = recipes_in(document)
    title = ", ".join(_one_line(recipe["name"]) for recipe in recipes) or "No recipe"
    body = "\n".join(_html_card(recipe) for recipe in recipes) or "<p>No recipe found.</p>"
    return _PAGE.format(title=html.escape(title), json_ld=script_safe_json(document), body=body)


def script_safe_json(document: dict[str, Any]) -> str:
    """JSON that may stand inside a script element: no character of it can end the element.

    See "Restrictions for contents of script elements" in the HTML standard; the escapes are JSON's
    own, so parsers read the same strings.
    """
    text = json.dumps(document, ensure_ascii=False, indent=1)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def markdown(document: dict[str, Any]) -> str:
    """Markdown (CommonMark) with one heading per recipe."""
    return "\n---\n\n".join(_markdown_recipe(recipe) for recipe in recipes_in(document))


def plain_text(document: dict[str, Any]) -> str:
    """Text for a terminal or a mail."""
    return "\n".join(_text_recipe(recipe) for recipe in recipes_in(document))


def sections_of(recipe: dict[str, Any]) -> list[Section]:
    """The instructions as sections; steps outside any section have an empty title."""
    sections: list[Section] = []
    for item in recipe.get("recipeInstructions", ()):
        if "itemListElement" in item:
            steps = tuple(_one_line(step["text"]) for step in item["itemListElement"])
            sections.append(Section(_one_line(item["name"]), steps))
        elif sections and not sections[-1].title:
            sections[-1] = Section("", (*sections[-1].steps, _one_line(item["text"])))
        else:
            sections.append(Section("", (_one_line(item["text"]),)))
    return sections


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


def _html_card(recipe: dict[str, Any]) -> str:
    parts = ["<article>", f"<h1>{_escaped(recipe['name'])}</h1>"]
    if recipe.get("description"):
        parts.append(f"<p>{_escaped(recipe['description'])}</p>")
    facts = [f"<div><dt>{k}</dt><dd>{_escaped(v)}</dd></div>" for k, v in _facts(recipe)]
    if facts:
        parts += ["<dl>", *facts, "</dl>"]
    lines = [f"<li>{_escaped(line)}</li>" for line in ingredient_lines(recipe)]
    if lines:
        parts += ["<h2>Ingredients</h2>", "<ul>", *lines, "</ul>"]
    sections = sections_of(recipe)
    if sections:
        parts.append("<h2>Instructions</h2>")
    for section in sections:
        if section.title:
            parts.append(f"<h3>{_escaped(section.title)}</h3>")
        parts += ["<ol>", *(f"<li>{_escaped(step)}</li>" for step in section.steps), "</ol>"]
    return "\n".join([*parts, "</article>"])


def _markdown_recipe(recipe: dict[str, Any]) -> str:
    parts = [f"# {_markdown_text(recipe['name'])}", ""]
    if recipe.get("description"):
        parts += [_markdown_text(recipe["description"]), ""]
    facts = [f"- **{label}:** {_markdown_text(value)}" for label, value in _facts(recipe)]
    parts += [*facts, ""] if facts else []
    lines = [f"- {_markdown_text(line)}" for line in ingredient_lines(recipe)]
    parts += ["## Ingredients", "", *lines, ""] if lines else []
    for number, section in enumerate(sections_of(recipe)):
        parts += ["## Instructions", ""] if number == 0 else []
        parts += [f"### {_markdown_text(section.title)}", ""] if section.title else []
        parts += [f"{i}. {_markdown_text(step)}" for i, step in enumerate(section.steps, 1)]
        parts.append("")
    return "\n".join(parts)


def _text_recipe(recipe: dict[str, Any]) -> str:
    name = _one_line(recipe["name"])
    parts = [name, "=" * min(len(name), 80), ""]
    if recipe.get("description"):
        parts += [_one_line(recipe["description"]), ""]
    facts = [f"{label}: {value}" for label, value in _facts(recipe)]
    parts += [*facts, ""] if facts else []
    lines = [f"- {_one_line(line)}" for line in ingredient_lines(recipe)]
    parts += ["INGREDIENTS", "", *lines, ""] if lines else []
    for number, section in enumerate(sections_of(recipe)):
        parts += ["INSTRUCTIONS", ""] if number == 0 else []
        parts += [f"{section.title}:"] if section.title else []
        parts += [f"{i}. {step}" for i, step in enumerate(section.steps, 1)]
        parts.append("")
    return "\n".join(parts)


def _one_line(value: Any) -> str:
    """One line without control characters, which a terminal would obey."""
    text = " ".join(str(value).split())
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", text)


def _escaped(value: Any) -> str:
    return html.escape(_one_line(value))


def _markdown_text(value: Any) -> str:
    """Text that Markdown shows as it is: no emphasis, links, images or raw HTML."""
    text = re.sub(r"([\\`*_\[\]<>|])", r"\\\1", _one_line(value).replace("&", "&amp;"))
    return re.sub(r"^(#{1,6}|[-+>]|\d+[.)])(?=\s|$)", r"\\\1", text)
