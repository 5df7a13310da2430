"""Take out of a label what its post does not state, and mend what the post says in another way.

A label without a cuisine is right, one with an invented cuisine is wrong; so is a cooking time that
the post gives as the preparation time. Such facts are optional and can be removed; a time of which the
post states one other value gets that. What cannot: ingredients and steps, and a yield of which the post
states another value. A language model also
gives a dish a name of its own, splits an ingredient at its comma, and takes "Servings: 6" for a step.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.asides import is_aside
from recipe_pipeline.grounding.facts import (
    TIMES,
    is_cuisine,
    quotes,
    states_all,
    states_keyword,
    states_term,
    time_support,
    yield_support,
)
from recipe_pipeline.grounding.lines import NOT_THERE
from recipe_pipeline.grounding.post_index import STOP_WORDS, PostIndex, index_of, line_tokens
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts
from recipe_pipeline.text.durations import iso_to_minutes, seconds_to_iso

_LETTERS = re.compile(r"[^\W\d_]+")
_IRREGULAR = frozenset({"beaten", "cut", "juiced"})
_KEPT = frozenset({"@context", "@type", "name", "recipeIngredient", "recipeInstructions"})


def repaired(
    label: dict[str, Any], post: str, name: str = ""
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Canonical ``label`` without what ``post`` does not state, and what was removed: field, value
    and reason of each. A right label comes back equal to itself.

    ``name``: that of the recipe which the post was written about, "" if it is not known.
    """
    index, removed = index_of(post), []

    def repair_one(recipe: dict[str, Any], name: str = "", alone: bool = True) -> dict[str, Any]:
        recipe, mended = _mended(recipe, index, name)
        removed.extend(mended)
        kept = {}
        for key, value in recipe.items():
            rest, reason = (value, "") if key in _KEPT else _supported(key, recipe, index, post)
            if key in TIMES and not reason and alone:
                rest, reason = _only_time(key, value, index)
            if reason:
                gone = value if rest is None else _difference(value, rest)
                removed.append(_change(key, gone, reason))
            if rest is not None:
                kept[key] = rest
        return kept

    if isinstance(label.get("@graph"), list):
        return {
            **label,
            "@graph": [repair_one(node, alone=False) for node in label["@graph"]],
        }, removed
    return repair_one(label, name), removed


def _mended(
    recipe: dict[str, Any], post: PostIndex, name: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """``recipe`` with the name that the post gives it, with whole ingredients and nothing but steps among
    its steps; and what that cost."""
    mended, changes = dict(recipe), []
    old = str(recipe.get("name", ""))
    if name and old and _is_renamed(old, name, post):
        mended["name"] = name
        changes.append(_change("name", old, f"the post says {name!r}"))
    lines: list[str] = []
    for line in ingredient_lines(recipe):
        whole = f"{lines[-1]}, {line}" if lines and _is_preparation(line) else ""
        if whole and post.places_of(line_tokens(whole).words):
            lines[-1] = whole
            changes.append(_change("recipeIngredient", line, f"a part of {whole!r}"))
        else:
            lines.append(line)
    if lines:
        mended["recipeIngredient"] = lines
    steps, asides = _steps_only(recipe.get("recipeInstructions"))
    if steps and asides:
        mended["recipeInstructions"] = steps
        changes += [_change("recipeInstructions", text, "not a step") for text in asides]
    mended, cuisines = _with_cuisine(mended, post)
    changes += [_change("recipeCategory", term, "a cuisine, not a category") for term in cuisines]
    return mended, changes


def _is_preparation(line: str) -> bool:
    """Whether a line names no food, but says how one is prepared: "thinly sliced"."""
    words = [word for word in _LETTERS.findall(line.lower()) if word not in STOP_WORDS]
    participles = [word for word in words if word.endswith("ed") or word in _IRREGULAR]
    is_other = any(word not in participles and not word.endswith("ly") for word in words)
    return bool(participles) and not is_other and not any(map(str.isdigit, line))


def _change(field: str, value: Any, reason: str) -> dict[str, Any]:
    return {"field": field, "value": value, "reason": reason}


def _steps_only(items: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """The steps and sections of ``items`` without asides, and the asides."""
    steps: list[dict[str, Any]] = []
    asides: list[str] = []
    for item in items if isinstance(items, list) else ():
        if "itemListElement" in item:
            inside, beside = _steps_only(item["itemListElement"])
            steps += [{**item, "itemListElement": inside}] if inside else []
            asides += beside
        elif is_aside(item["text"]):
            asides.append(item["text"])
        else:
            steps.append(item)
    return steps, asides


def _with_cuisine(recipe: dict[str, Any], post: PostIndex) -> tuple[dict[str, Any], list[str]]:
    """``recipe`` with the cuisines among its categories as its cuisine, and those cuisines."""
    terms = [term.strip() for term in str(recipe.get("recipeCategory", "")).split(",")]
    cuisines = [term for term in terms if is_cuisine(term)]
    if not cuisines:
        return recipe, []
    stated = [term for term in cuisines if states_term(term, post, ingredient_lines(recipe))]
    moved = {
        "recipeCategory": ", ".join(term for term in terms if term not in cuisines),
        "recipeCuisine": recipe.get("recipeCuisine", ", ".join(stated)),
    }
    # In the place of the category, so that the order of the keys stays canonical.
    pairs = [
        pair
        for key, value in recipe.items()
        if key != "recipeCuisine"
        for pair in (moved.items() if key == "recipeCategory" else [(key, value)])
    ]
    return {key: value for key, value in pairs if value}, cuisines


def _is_renamed(old: str, name: str, post: PostIndex) -> bool:
    """Whether the post knows the dish as ``name`` and not, or not as much, as ``old``."""
    mine, theirs = line_tokens(old).words, line_tokens(name).words
    is_said = bool(post.places_of(mine))
    is_longer = f" {' '.join(theirs)} " in f" {' '.join(mine)} "  # "Guacamole | Vegan"
    if not post.places_of(theirs) or (is_said and (is_longer or _is_line(mine, post))):
        return False
    return _is_line(theirs, post) or not is_said


def _is_line(words: Sequence[str], post: PostIndex) -> bool:
    return any(len(post.line_at(place)) == len(words) for place in post.places_of(words))


def removed_in(meta: dict[str, Any]) -> list[dict[str, Any]]:
    """What the metadata of a label says was removed; metadata may come from anywhere."""
    entries = meta.get("removed")
    if not isinstance(entries, list):
        return []
    return [e for e in entries if isinstance(e, dict) and isinstance(e.get("field"), str)]


def _supported(key: str, recipe: dict[str, Any], post: PostIndex, text: str) -> tuple[Any, str]:
    """The part of a value that the post states (None for nothing), and why the rest goes."""
    value = recipe[key]
    minutes = iso_to_minutes(value) if key in TIMES else None
    if minutes is not None:
        found = time_support(key, minutes, post, instruction_texts(recipe))
        is_fault = bool(post.evidence.stated_minutes(TIMES[key][0]))
    elif key == "recipeYield":
        found, is_fault = yield_support(value, post), post.evidence.gives_a_yield
    elif key == "description":
        return (value, "") if quotes(value, post, instruction_texts(recipe)) else (None, NOT_THERE)
    elif key == "keywords":
        return _stated_terms(value, lambda term: states_keyword(term, post, text))
    elif key in ("recipeCategory", "recipeCuisine"):
        lines = ingredient_lines(recipe)
        return _stated_terms(value, lambda term: states_term(term, post, lines))
    else:
        return (value, "") if states_all(value, post) else (None, NOT_THERE)
    if found.score >= DEFAULT_MIN_SUPPORT or is_fault:
        return value, ""
    return None, found.reason


def _only_time(key: str, value: str, post: PostIndex) -> tuple[str, str]:
    """The one time of this kind that the post states, and why it replaces ``value``, if it is another."""
    stated = post.evidence.stated_minutes(TIMES[key][0])
    if len(stated) != 1 or iso_to_minutes(value) in stated:
        return value, ""
    (minutes,) = stated
    return seconds_to_iso(60 * minutes), f"the post says {minutes} minutes"


def _stated_terms(value: str, is_stated: Callable[[str], bool]) -> tuple[str | None, str]:
    """What of a comma list is stated, and why the rest goes."""
    if is_stated(value):
        return value, ""
    terms = value.split(",")
    stated = [term.strip() for term in terms if is_stated(term)]
    return (value, "") if len(stated) == len(terms) else (", ".join(stated) or None, NOT_THERE)


def _difference(value: str, rest: str) -> str:
    kept = {term.strip() for term in rest.split(",")}
    return ", ".join(term.strip() for term in value.split(",") if term.strip() not in kept)
