"""Lenient reading of recipe-like data: many shapes in, the one canonical shape out.

Pure functions over plain JSON values. Nothing is invented here: values are reshaped, empty ones are
dropped, and whatever cannot be read becomes a complaint. `recipe_pipeline.schema.recipe` then checks
the result strictly.
"""

from __future__ import annotations

import re
from typing import Any

from recipe_pipeline.schema.plain import Complain, clean_text, is_placeholder, read_text
from recipe_pipeline.schema.quantities import quantity_text, read_ingredients
from recipe_pipeline.schema.steps import instructions
from recipe_pipeline.schema.terms import (
    CONTEXT,
    CORE_PROPERTIES,
    DURATION_PROPERTIES,
    OTHER_PROPERTIES,
    canonical_property,
)
from recipe_pipeline.text.durations import parse_seconds, seconds_to_iso


def coerce_recipe(data: dict[str, Any], complaints: list[str]) -> dict[str, Any]:
    """One recipe-like object (already without empty values) in canonical shape and key order."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        name = canonical_property(key)
        # A property under its own name takes precedence over an alias ("name" over "title").
        if name and (name not in found or key == name):
            found[name] = value
    kind = found.pop("@type", "Recipe")
    if not _is_recipe_type(kind):
        complaints.append(f"@type: {str(kind)[:60]} is not Recipe")
    result: dict[str, Any] = {"@context": CONTEXT, "@type": "Recipe"}
    for name in (*CORE_PROPERTIES, *(key for key in found if key in OTHER_PROPERTIES)):
        if name in found:

            def complain(problem: str, name: str = name) -> None:
                complaints.append(f"{name}: {problem}")

            value = _COERCE.get(name, _other)(found[name], complain)
            if value is not None:
                result[name] = value
    return result


def _is_recipe_type(kind: Any) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return "recipe" in (str(k).rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for k in kinds)


def is_recipe_like(data: Any) -> bool:
    """Whether an object is typed Recipe, or untyped with ingredients or instructions."""
    if not isinstance(data, dict):
        return False
    kind = data.get("@type", data.get("type"))
    if kind is not None:
        return _is_recipe_type(kind)
    names = {canonical_property(str(key)) for key in data}
    return bool(names & {"recipeIngredient", "recipeInstructions"})


def _duration(value: Any, complain: Complain) -> str | None:
    """The longest of several times, as of a range; zero ("PT0M") counts as absent."""
    texts = [text for text in _duration_texts(value) if not _is_no_time(text)]
    seconds = [s for text in texts if (s := parse_seconds(text)) is not None]
    if texts and not seconds:
        complain(f"{str(value)[:60]!r} is not a duration; write ISO 8601 such as PT1H30M")
    longest = max(seconds, default=0)
    return seconds_to_iso(longest) if longest >= 0.5 else None


def _is_no_time(text: Any) -> bool:
    """Whether ``text`` is an empty field of a template ("PT", "PTHM") or a word for nothing."""
    if not isinstance(text, str):
        return False
    text = clean_text(text)
    return is_placeholder(text) or bool(re.fullmatch(r"(?:P[DTHMS]*)?", text))


def _duration_texts(value: Any, depth: int = 0) -> list[Any]:
    if isinstance(value, list) and depth < 3:
        return [text for item in value for text in _duration_texts(item, depth + 1)]
    if not isinstance(value, dict):
        return [value]
    ends = [value[key] for key in ("minValue", "maxValue") if value.get(key)]
    return ends or [quantity_text(value)]


_NO_YIELD = re.compile(
    r"0+(?:[.,]0+)?(?:\s*[^\W\d]+)?|-\s*\d.*|(?:servings?|portions?|people|persons?)", re.IGNORECASE
)


def _yield(value: Any, complain: Complain) -> str | None:
    if isinstance(value, list):
        texts = [text for item in value if (text := _yield(item, complain))]
        # Recipe plugins write the bare number first and the wording after it: ["4", "4 burritos"].
        wordy = [text for text in texts if not text.endswith((" serving", " servings"))]
        return ", ".join(dict.fromkeys(wordy or texts)) or None
    text = read_text(quantity_text(value) if isinstance(value, dict) else value, complain)
    if text and _NO_YIELD.fullmatch(text):
        return None  # a plugin's empty field
    text = text and re.sub(r"^(\d+)[.,]0+(?!\d)", r"\1", text)
    if text and re.fullmatch(r"\d+(?:\.\d+)?(?:\s*(?:-|–|to)\s*\d+)?", text):
        return f"{text} serving" if text == "1" else f"{text} servings"
    return text


def _ingredients(value: Any, complain: Complain) -> list[str] | None:
    return list(read_ingredients(value, complain)) or None


def _other(value: Any, complain: Complain) -> Any:
    """A property outside the core: only the white space of its texts is normalised."""
    if isinstance(value, str):
        text = clean_text(value)
        return None if is_placeholder(text) else text
    if isinstance(value, list):
        items = [_other(item, complain) for item in value]
        return [item for item in items if item is not None] or None
    if isinstance(value, dict):
        pairs = ((key, _other(item, complain)) for key, item in value.items())
        kept = {key: item for key, item in pairs if item is not None}
        return kept if kept.keys() - {"@type"} else None
    return value


_COERCE = {
    "recipeYield": _yield,
    "recipeIngredient": _ingredients,
    "recipeInstructions": instructions,
    **dict.fromkeys(DURATION_PROPERTIES, _duration),
    **dict.fromkeys(
        ("name", "description", "recipeCategory", "recipeCuisine", "keywords"), read_text
    ),
}
