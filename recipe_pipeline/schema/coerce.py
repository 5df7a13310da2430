"""Lenient reading of recipe-like data: many shapes in, the one canonical shape out.

Pure functions over plain JSON values. Nothing is invented here: values are reshaped, empty ones are
dropped, and whatever cannot be read becomes a complaint. `recipe_pipeline.schema.recipe` then checks
the result strictly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from recipe_pipeline.schema.layout import section
from recipe_pipeline.schema.terms import (
    CONTEXT,
    CORE_PROPERTIES,
    DURATION_PROPERTIES,
    OTHER_PROPERTIES,
    canonical_property,
)
from recipe_pipeline.text.durations import to_iso

Complain = Callable[[str], None]

_PLACEHOLDERS = frozenset(
    (
        *("n/a", "na", "none", "null", "nan", "unknown", "unspecified", "-", "–", "—", "?", "tbd"),
        *(f"not {word}" for word in ("specified", "stated", "mentioned", "provided", "given")),
    )
)
_MARKER = re.compile(r"^\s*(?:[-*•◦▪·‣–—□☐▢✓✔]+\s+|[•◦▪‣□☐▢✓✔]+)")
_STEP_NUMBER = re.compile(
    r"^\s*(?:step\s+\d{1,2}\s*[.:)\-–—]?\s+|\(?\d{1,2}[.)]\s+)", re.IGNORECASE
)
_STEP_LABEL = re.compile(r"(?:step\s*)?\d{1,2}\s*[.:)]?", re.IGNORECASE)
_LIST_KEYS = ("itemListElement", "steps", "step", "instructions", "items", "directions")


def clean_text(text: str) -> str:
    """``text`` on one line, with single spaces."""
    return " ".join(text.split())


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


def _text(value: Any, complain: Complain) -> str | None:
    """A single text; lists of texts are joined by ", "."""
    if isinstance(value, str):
        text = clean_text(value)
        return None if text.lower() in _PLACEHOLDERS else text
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, list):
        texts = [_text(item, complain) for item in value]
        return ", ".join(dict.fromkeys(text for text in texts if text)) or None
    if isinstance(value, dict):
        for key in ("name", "@value", "text", "value"):
            if isinstance(value.get(key), str):
                return _text(value[key], complain)
    complain(f"expected text, found {_kind(value)}")
    return None


def _duration(value: Any, complain: Complain) -> str | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and clean_text(value).lower() in _PLACEHOLDERS:
        return None
    iso = to_iso(value)
    if iso is None:
        complain(f"{str(value)[:60]!r} is not a duration; write ISO 8601 such as PT1H30M")
    return iso


def _yield(value: Any, complain: Complain) -> str | None:
    if isinstance(value, dict):
        amount, unit = value.get("value"), value.get("unitText") or value.get("unitCode") or ""
        value = f"{_text(amount, complain) or ''} {unit}".strip()
    if isinstance(value, list):
        texts = [text for item in value if (text := _yield(item, complain))]
        # Recipe plugins write the bare number first and the wording after it: ["4", "4 burritos"].
        wordy = [text for text in texts if not text.endswith((" serving", " servings"))]
        return ", ".join(dict.fromkeys(wordy or texts)) or None
    text = _text(value, complain)
    if text and re.fullmatch(r"\d+(?:\.\d+)?(?:\s*(?:-|–|to)\s*\d+)?", text):
        return f"{text} serving" if text == "1" else f"{text} servings"
    return text


def _ingredients(value: Any, complain: Complain) -> list[str] | None:
    lines = list(_ingredient_lines(value, complain))
    return lines or None


def _ingredient_lines(value: Any, complain: Complain) -> Iterator[str]:
    if isinstance(value, str):
        for line in value.splitlines():
            line = clean_text(_MARKER.sub("", line))
            if line and line.lower() not in _PLACEHOLDERS:
                yield line
    elif isinstance(value, list):
        for item in value:
            yield from _ingredient_lines(item, complain)
    elif isinstance(value, dict):
        nested = next((value[k] for k in (*_LIST_KEYS, "ingredients") if k in value), None)
        if isinstance(nested, list):
            yield from _ingredient_lines(nested, complain)
            return
        keys = ("amount", "quantity", "unit", "name", "ingredient", "item", "text", "preparation")
        parts = [str(value[k]) for k in keys if isinstance(value.get(k), str | int | float)]
        if parts and any(re.search(r"[^\W\d]", part) for part in parts):
            yield clean_text(" ".join(parts))
        else:
            complain(f"an ingredient is {_kind(value)}, not a line of text")
    else:
        complain(f"expected lines of text, found {_kind(value)}")


def _instructions(value: Any, complain: Complain) -> list[dict[str, Any]] | None:
    return _steps(value, complain, top=True) or None


def _steps(value: Any, complain: Complain, top: bool) -> list[dict[str, Any]]:
    """HowToStep objects, and HowToSection ones at the top level; deeper sections are flattened."""
    if isinstance(value, str):
        return [{"@type": "HowToStep", "text": text} for text in _split_steps(value)]
    if isinstance(value, list):
        return [step for item in value for step in _steps(item, complain, top)]
    if not isinstance(value, dict):
        complain(f"expected steps, found {_kind(value)}")
        return []
    if str(value.get("@type", "")).endswith("HowToTip"):
        return []
    # {"step": "1", "text": ...} numbers a step, {"step": [...]} and {"steps": "..."} hold steps.
    shapes = (list, dict) if "text" in value or "description" in value else (list, dict, str)
    elements = next((value[k] for k in _LIST_KEYS if isinstance(value.get(k), shapes)), None)
    if elements is None or str(value.get("@type", "")).endswith("HowToStep"):
        return _one_step(value, elements, complain)
    steps = _steps(elements, complain, top=False)
    title = _text(value.get("name", value.get("section", "")), complain)
    if not (steps and title and top):
        return steps
    return [section(title, steps)]


def _one_step(value: dict[str, Any], directions: Any, complain: Complain) -> list[dict[str, Any]]:
    text = value.get("text") or value.get("description") or value.get("instruction")
    if not isinstance(text, str) and directions is not None:
        inner = _steps(directions, complain, top=False)
        text = " ".join(step["text"] for step in inner)
    title = value.get("name")
    title = clean_text(title) if isinstance(title, str) else ""
    text = clean_text(_STEP_NUMBER.sub("", text)) if isinstance(text, str) else ""
    text = text or title
    if not text:
        complain("a step without text")
        return []
    step = {"@type": "HowToStep"}
    # Recipe plugins repeat the text (or its beginning) as the name, which adds nothing.
    if title and not _STEP_LABEL.fullmatch(title) and not text.startswith(title.rstrip(".… ")):
        step["name"] = title
    step["text"] = text
    return [step]


def _split_steps(text: str) -> Iterator[str]:
    """The steps of one text: by lines, or by "1. ... 2. ..." when it is a single line."""
    lines = text.splitlines()
    if len(lines) == 1 and re.match(r"\s*1[.)]\s", text):
        lines = re.split(r"\s(?=\d{1,2}[.)]\s+[A-Z])", text)
    for line in lines:
        line = clean_text(_STEP_NUMBER.sub("", _MARKER.sub("", line)))
        if line and line.lower() not in _PLACEHOLDERS:
            yield line


def _other(value: Any, complain: Complain) -> Any:
    """A property outside the core: only the white space of its texts is normalised."""
    if isinstance(value, str):
        text = clean_text(value)
        return None if text.lower() in _PLACEHOLDERS else text
    if isinstance(value, list):
        items = [_other(item, complain) for item in value]
        return [item for item in items if item is not None] or None
    if isinstance(value, dict):
        pairs = ((key, _other(item, complain)) for key, item in value.items())
        kept = {key: item for key, item in pairs if item is not None}
        return kept if kept.keys() - {"@type"} else None
    return value


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", bool: "true/false", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, float) else type(value).__name__)


_COERCE = {
    "recipeYield": _yield,
    "recipeIngredient": _ingredients,
    "recipeInstructions": _instructions,
    **dict.fromkeys(DURATION_PROPERTIES, _duration),
    **dict.fromkeys(("name", "description", "recipeCategory", "recipeCuisine", "keywords"), _text),
}
