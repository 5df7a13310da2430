"""Lenient reading of recipe-like data: many shapes in, the one canonical shape out.

Pure functions over plain JSON values. Nothing is invented here: values are reshaped, empty ones are
dropped, and whatever cannot be read becomes a complaint. `recipe_pipeline.schema.recipe` then checks
the result strictly.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
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

MAX_DEPTH = 12
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


def drop_empty(value: Any, complaints: list[str], path: tuple[str | int, ...] = ()) -> Any:
    """``value`` without null, "", [] and {} at any depth; None if nothing is left.

    Numbers that are not finite and nesting beyond `MAX_DEPTH` are complaints.
    """
    if isinstance(value, str):
        return None if not value or value.isspace() else value
    if isinstance(value, dict):
        pairs: Any = ((str(key), item) for key, item in value.items())
    elif isinstance(value, list | tuple):
        pairs = enumerate(value)
    elif isinstance(value, float) and not math.isfinite(value):
        complaints.append(f"{_place(path)}: {value} is not a JSON number")
        return None
    else:
        return value
    if len(path) >= MAX_DEPTH:
        complaints.append(f"{_place(path)}: nested deeper than {MAX_DEPTH} levels")
        return None
    kept = {
        key: found
        for key, item in pairs
        if (found := drop_empty(item, complaints, (*path, key))) is not None
    }
    if not kept:
        return None
    return kept if isinstance(value, dict) else list(kept.values())


def _place(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) or "the answer"


def coerce_recipe(data: dict[str, Any], complaints: list[str]) -> dict[str, Any]:
    """One recipe-like object (already without empty values) in canonical shape and key order."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        name = canonical_property(key)
        # A property under its own name takes precedence over an alias ("name" over "title").
        if name and (name not in found or key == name):
            found[name] = value
    _check_type(found.pop("@type", "Recipe"), complaints)
    result: dict[str, Any] = {"@context": CONTEXT, "@type": "Recipe"}
    for name in (*CORE_PROPERTIES, *(key for key in found if key in OTHER_PROPERTIES)):
        if name in found:
            value = _COERCE.get(name, _coerce_other)(found[name], name, complaints)
            if value is not None:
                result[name] = value
    return result


def _check_type(kind: Any, complaints: list[str]) -> None:
    kinds = kind if isinstance(kind, list) else [kind]
    names = [str(k).rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for k in kinds]
    if "recipe" not in names:
        complaints.append(f"@type: {str(kind)[:60]} is not Recipe")


def is_recipe_like(data: Any) -> bool:
    """Whether an object is typed Recipe, or untyped with ingredients or instructions."""
    if not isinstance(data, dict):
        return False
    kind = data.get("@type", data.get("type"))
    if kind is not None:
        complaints: list[str] = []
        _check_type(kind, complaints)
        return not complaints
    names = {canonical_property(str(key)) for key in data}
    return bool(names & {"recipeIngredient", "recipeInstructions"})


def _text(value: Any, name: str, complaints: list[str]) -> str | None:
    """A single text; lists of texts are joined by ", "."""
    if isinstance(value, str):
        text = clean_text(value)
        return None if text.lower() in _PLACEHOLDERS else text
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, list):
        texts = [_text(item, name, complaints) for item in value]
        return ", ".join(dict.fromkeys(text for text in texts if text)) or None
    if isinstance(value, dict):
        for key in ("name", "@value", "text", "value"):
            if isinstance(value.get(key), str):
                return _text(value[key], name, complaints)
    complaints.append(f"{name}: expected text, found {_kind(value)}")
    return None


def _duration(value: Any, name: str, complaints: list[str]) -> str | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and clean_text(value).lower() in _PLACEHOLDERS:
        return None
    iso = to_iso(value)
    if iso is None:
        complaints.append(
            f"{name}: {str(value)[:60]!r} is not a duration; write ISO 8601 such as PT1H30M"
        )
    return iso


def _yield(value: Any, name: str, complaints: list[str]) -> str | None:
    if isinstance(value, dict):
        amount, unit = value.get("value"), value.get("unitText") or value.get("unitCode") or ""
        value = f"{_text(amount, name, complaints) or ''} {unit}".strip()
    if isinstance(value, list):
        texts = [text for item in value if (text := _yield(item, name, complaints))]
        # Recipe plugins write the bare number first and the wording after it: ["4", "4 burritos"].
        wordy = [text for text in texts if not text.endswith((" serving", " servings"))]
        return ", ".join(dict.fromkeys(wordy or texts)) or None
    text = _text(value, name, complaints)
    if text and re.fullmatch(r"\d+(?:\.\d+)?(?:\s*(?:-|–|to)\s*\d+)?", text):
        return f"{text} serving" if text == "1" else f"{text} servings"
    return text


def _ingredients(value: Any, name: str, complaints: list[str]) -> list[str] | None:
    lines = list(_ingredient_lines(value, name, complaints))
    return lines or None


def _ingredient_lines(value: Any, name: str, complaints: list[str]) -> Iterator[str]:
    if isinstance(value, str):
        for line in value.splitlines():
            line = clean_text(_MARKER.sub("", line))
            if line and line.lower() not in _PLACEHOLDERS:
                yield line
    elif isinstance(value, list):
        for item in value:
            yield from _ingredient_lines(item, name, complaints)
    elif isinstance(value, dict):
        nested = next((value[k] for k in (*_LIST_KEYS, "ingredients") if k in value), None)
        if isinstance(nested, list):
            yield from _ingredient_lines(nested, name, complaints)
            return
        keys = ("amount", "quantity", "unit", "name", "ingredient", "item", "text", "preparation")
        parts = [str(value[k]) for k in keys if isinstance(value.get(k), str | int | float)]
        if parts and any(re.search(r"[^\W\d]", part) for part in parts):
            yield clean_text(" ".join(parts))
        else:
            complaints.append(f"{name}: an ingredient is {_kind(value)}, not a line of text")
    else:
        complaints.append(f"{name}: expected lines of text, found {_kind(value)}")


def _instructions(value: Any, name: str, complaints: list[str]) -> list[dict[str, Any]] | None:
    return _steps(value, name, complaints, top=True) or None


def _steps(value: Any, name: str, complaints: list[str], top: bool) -> list[dict[str, Any]]:
    """HowToStep objects, and HowToSection ones at the top level; deeper sections are flattened."""
    if isinstance(value, str):
        return [{"@type": "HowToStep", "text": text} for text in _split_steps(value)]
    if isinstance(value, list):
        return [step for item in value for step in _steps(item, name, complaints, top)]
    if not isinstance(value, dict):
        complaints.append(f"{name}: expected steps, found {_kind(value)}")
        return []
    if str(value.get("@type", "")).endswith("HowToTip"):
        return []
    # {"step": "1", "text": ...} numbers a step, {"step": [...]} and {"steps": "..."} hold steps.
    shapes = (list, dict) if "text" in value or "description" in value else (list, dict, str)
    elements = next((value[k] for k in _LIST_KEYS if isinstance(value.get(k), shapes)), None)
    if elements is None or str(value.get("@type", "")).endswith("HowToStep"):
        return _one_step(value, elements, name, complaints)
    steps = _steps(elements, name, complaints, top=False)
    title = _text(value.get("name", value.get("section", "")), name, complaints)
    if not (steps and title and top):
        return steps
    return [section(title, steps)]


def _one_step(
    value: dict[str, Any], directions: Any, name: str, complaints: list[str]
) -> list[dict[str, Any]]:
    text = value.get("text") or value.get("description") or value.get("instruction")
    if not isinstance(text, str) and directions is not None:
        inner = _steps(directions, name, complaints, top=False)
        text = " ".join(step["text"] for step in inner)
    title = value.get("name")
    title = clean_text(title) if isinstance(title, str) else ""
    text = clean_text(_STEP_NUMBER.sub("", text)) if isinstance(text, str) else ""
    text = text or title
    if not text:
        complaints.append(f"{name}: a step without text")
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


def _coerce_other(value: Any, name: str, complaints: list[str]) -> Any:
    """A property outside the core: only the white space of its texts is normalised."""
    if isinstance(value, str):
        text = clean_text(value)
        return None if text.lower() in _PLACEHOLDERS else text
    if isinstance(value, list):
        items = [_coerce_other(item, name, complaints) for item in value]
        return [item for item in items if item is not None] or None
    if isinstance(value, dict):
        pairs = ((key, _coerce_other(item, name, complaints)) for key, item in value.items())
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
