"""A method in any shape -> HowToStep and HowToSection objects."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from recipe_pipeline.schema.layout import section
from recipe_pipeline.schema.plain import (
    LIST_KEYS,
    Complain,
    clean_text,
    is_placeholder,
    kind_of,
    read_text,
    without_marker,
)

_STEP = r"(?:step|schritt|étape|etape|paso|passo|stap|steg|trin|krok|шаг)"
_STEP_NUMBER = re.compile(
    rf"^\s*(?:{_STEP}\s+\d{{1,2}}\s*[.:)\-–—]?\s+|\(?\d{{1,2}}[.)]\s+)", re.IGNORECASE
)
_STEP_LABEL = re.compile(
    rf"(?:{_STEP}\s*(?:n[o°º.]*\s*)?)?#?\(?\d{{1,2}}\s*(?:(?:of|/)\s*\d{{1,2}})?\s*[.:)]*|{_STEP}[.:]?",
    re.IGNORECASE,
)
# "Mix.2. Bake", "Mix. 2: Bake", "Mix Step 2 Bake", "Mix (2) Bake", "Mix. 2 - Bake", but not "bake 2.5 cm" or "at 2:30".
_NUMBER = re.compile(
    rf"(?:(?<![\w.,/]){_STEP}\s*(?P<named>\d{{1,2}})\s*[.:)\-–—]*|"
    r"(?<![\w,/–-])\(?(?P<bare>\d{1,2})(?:\s*[.:)]|\s+[-–—](?=\s+[^\W\d])))(?!\d)\s*",
    re.IGNORECASE,
)
_NUMBER_SIGN = re.compile(r"([1-9])\ufe0f?\u20e3\s*|([①-⑨])\s*")
_HEADING = re.compile(r"\s*(?:[^.!?:]{1,60}:\s*)?")
_METHOD = re.compile(
    r"\W*(?:instructions?|directions?|method|preparation|steps?)?\W*", re.IGNORECASE
)
# Sentences that ran into each other where a page had line breaks.
_LOST_BREAK = re.compile(r"(?<=[a-z)][.!])(?=[A-Z][a-z])")


def instructions(value: Any, complain: Complain) -> list[dict[str, Any]] | None:
    """The steps of a method; HowToSection objects at the top level only. None if there are none."""
    steps = _steps(value, complain, top=True)
    if len(steps) == 1 and "name" not in steps[0]:
        # The whole method in one step: its text may still show where the steps were.
        texts = list(_split_method(_sole_text(value)))
        if len(texts) > 1:
            steps = [{"@type": "HowToStep", "text": text} for text in texts]
    return steps or None


def _steps(value: Any, complain: Complain, top: bool) -> list[dict[str, Any]]:
    """HowToStep objects, and HowToSection ones at the top level; deeper sections are flattened."""
    if isinstance(value, str):
        return [{"@type": "HowToStep", "text": text} for text in _split_steps(value)]
    if isinstance(value, list):
        return [step for item in value for step in _steps(item, complain, top)]
    if not isinstance(value, dict):
        complain(f"expected steps, found {kind_of(value)}")
        return []
    if _is_a(value, "HowToTip"):
        return []
    if isinstance(value.get("item"), dict | list):  # a ListItem around the step
        return _steps(value["item"], complain, top)
    # {"step": "1", "text": ...} numbers a step, {"step": [...]} and {"steps": "..."} hold steps.
    shapes = (list, dict) if "text" in value or "description" in value else (list, dict, str)
    elements = next((value[k] for k in LIST_KEYS if isinstance(value.get(k), shapes)), None)
    if elements is None or _is_a(value, "HowToStep"):
        return _one_step(value, elements, complain)
    steps = _steps(elements, complain, top=False)
    title = read_text(value.get("name", value.get("section", "")), complain)
    if not (steps and title and top) or _STEP_LABEL.fullmatch(title):
        return steps
    return [section(title, steps)]


def _is_a(value: dict[str, Any], kind: str) -> bool:
    kinds = value.get("@type", "")
    return any(str(k).endswith(kind) for k in (kinds if isinstance(kinds, list) else [kinds]))


def _one_step(value: dict[str, Any], directions: Any, complain: Complain) -> list[dict[str, Any]]:
    text = _step_text(value)
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
    if _STEP_LABEL.fullmatch(text):
        return []
    step = {"@type": "HowToStep"}
    # Recipe plugins repeat the text (or its beginning) as the name, which adds nothing.
    if title and not _STEP_LABEL.fullmatch(title) and not text.startswith(title.rstrip(".… ")):
        step["name"] = title
    step["text"] = text
    return [step]


def _step_text(value: dict[str, Any]) -> Any:
    for key in ("text", "description", "instruction", "@value"):
        text = value.get(key)
        if isinstance(text, list):
            text = " ".join(item for item in text if isinstance(item, str))
        if text:
            return text
    return None


def _split_steps(text: str) -> Iterator[str]:
    """The steps of one text: by lines, or by "1. ... 2. ..." when it is a single line."""
    text = _NUMBER_SIGN.sub(lambda match: f"{unicodedata.digit(match[1] or match[2])}. ", text)
    lines = text.splitlines()
    if len(lines) == 1:
        lines = _split_numbers(text)
    elif lines and _METHOD.fullmatch(lines[0]):
        lines = lines[1:]
    for line in lines:
        line = clean_text(without_marker(line))
        if _STEP_LABEL.fullmatch(line):
            continue
        line = _STEP_NUMBER.sub("", line)
        if line and not is_placeholder(line):
            yield line


def _split_numbers(text: str) -> list[str]:
    """``text`` parted at the numbers 1, 2, 3 ... that count its steps; they are left out."""
    starts: list[tuple[int, int]] = []
    for match in _NUMBER.finditer(text):
        if int(match["named"] or match["bare"]) == len(starts) + 1:
            if not (starts or _HEADING.fullmatch(text[: match.start()])):
                break  # a number further in counts something else
            starts.append(match.span())
    if len(starts) < 2:
        return [text]
    heading = text[: starts[0][0]]
    ends = [*(start for start, _ in starts[1:]), len(text)]
    steps = [text[start:end] for (_, start), end in zip(starts, ends, strict=True)]
    return steps if _METHOD.fullmatch(heading) else [heading, *steps]


def _split_method(text: str) -> Iterator[str]:
    """The steps of a method that is one text."""
    texts = list(_split_steps(text))
    if len(texts) == 1:
        texts = _LOST_BREAK.split(texts[0])
    return (clean_text(text) for text in texts)


def _sole_text(value: Any) -> str:
    """The one text that a method consists of, with its line breaks; "" if it is more than that."""
    for _ in range(8):
        if isinstance(value, str):
            return value
        if isinstance(value, list):
            value = value[0] if len(value) == 1 else None
        elif isinstance(value, dict):
            inner = next((value[k] for k in ("item", *LIST_KEYS) if k in value), None)
            value = _step_text(value) or value.get("name") if inner is None else inner
    return ""
