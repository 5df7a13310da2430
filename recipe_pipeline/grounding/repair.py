"""Take out of a label what its post does not state, and mend what the post says in another way.

A label without a cuisine is right, one with an invented cuisine is wrong; so is a cooking time that
the post gives as the preparation time. Such facts are optional and can be removed. What cannot:
ingredients and steps, and a time or yield of which the post states another value. A language model also
gives a dish a name of its own, and splits an ingredient at its comma.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from recipe_pipeline.grounding import DEFAULT_MIN_SUPPORT
from recipe_pipeline.grounding.facts import (
    TIMES,
    states_all,
    states_keyword,
    states_term,
    time_support,
    yield_support,
)
from recipe_pipeline.grounding.lines import NOT_THERE, passage_support
from recipe_pipeline.grounding.post_index import PostIndex, index_of, line_tokens
from recipe_pipeline.grounding.whole_lines import is_preparation
from recipe_pipeline.schema.recipe import ingredient_lines, instruction_texts
from recipe_pipeline.text.durations import iso_to_minutes

_KEPT = frozenset({"@context", "@type", "name", "recipeIngredient", "recipeInstructions"})


def repaired(
    label: dict[str, Any], post: str, name: str = ""
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Canonical ``label`` without what ``post`` does not state, and what was removed: field, value
    and reason of each. A right label comes back equal to itself.

    ``name``: that of the recipe which the post was written about, "" if it is not known.
    """
    index, removed = index_of(post), []

    def repair_one(recipe: dict[str, Any], name: str = "") -> dict[str, Any]:
        recipe, mended = _mended(recipe, index, name)
        removed.extend(mended)
        kept = {}
        for key, value in recipe.items():
            rest, reason = (value, "") if key in _KEPT else _supported(key, recipe, index, post)
            if reason:
                gone = value if rest is None else _difference(value, rest)
                removed.append({"field": key, "value": gone, "reason": reason})
            if rest is not None:
                kept[key] = rest
        return kept

    if isinstance(label.get("@graph"), list):
        return {**label, "@graph": [repair_one(node) for node in label["@graph"]]}, removed
    return repair_one(label, name), removed


def _mended(
    recipe: dict[str, Any], post: PostIndex, name: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """``recipe`` with the name that the post gives it and with whole ingredients, and what that cost."""
    mended, changes = dict(recipe), []
    old = str(recipe.get("name", ""))
    if name and old and _is_renamed(old, name, post):
        mended["name"] = name
        changes.append({"field": "name", "value": old, "reason": f"the post says {name!r}"})
    lines: list[str] = []
    for line in ingredient_lines(recipe):
        whole = f"{lines[-1]}, {line}" if lines and is_preparation(line) else ""
        if whole and post.places_of(line_tokens(whole).words):
            lines[-1] = whole
            reason = f"a part of {whole!r}"
            changes.append({"field": "recipeIngredient", "value": line, "reason": reason})
        else:
            lines.append(line)
    return mended | ({"recipeIngredient": lines} if lines else {}), changes


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
        found, is_fault = passage_support(value, post), False
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
