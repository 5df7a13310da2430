"""Read a model's extraction answer: strict JSON first, repaired JSON second."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

#: Longer answers are cut before repair: a model that loops can fill its whole context.
MAX_ANSWER_CHARACTERS = 200_000

_REASONING = re.compile(r"^\s*<think>.*?</think>\s*", re.DOTALL)
_FENCE = re.compile(r"```(?:json|jsonld)?\s*(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class ParsedAnswer:
    """``data`` is the JSON object, or None when even repair finds none; ``strict`` says that the
    answer (after a closed ``<think>`` block) was that one object and nothing else."""

    data: dict[str, Any] | None
    strict: bool


def parse_answer(answer: str) -> ParsedAnswer:
    """The JSON object of an answer.

    A leading ``<think>...</think>`` block is no part of the answer. What is left is strict when it
    is one JSON object by RFC 8259 (no NaN). Otherwise it is repaired: out of a code fence, from
    the first brace on, with ``json-repair``; a list of objects becomes ``{"@graph": [...]}``.
    """
    text = _REASONING.sub("", answer[:MAX_ANSWER_CHARACTERS]).strip()
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return ParsedAnswer(_repair(text), strict=False)
    if isinstance(data, dict):
        return ParsedAnswer(data, strict=True)
    return ParsedAnswer(_as_object(data), strict=False)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _repair(text: str) -> dict[str, Any] | None:
    fenced = _FENCE.search(text)
    if fenced:
        text = fenced[1]
    starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
    if not starts:
        return None
    from json_repair import repair_json

    try:
        return _as_object(repair_json(text[min(starts) :], return_objects=True))
    except (ValueError, RecursionError):
        return None


def _as_object(data: Any) -> dict[str, Any] | None:
    if isinstance(data, dict):
        return data
    if isinstance(data, list):
        objects = [item for item in data if isinstance(item, dict)]
        if len(objects) == 1:
            return objects[0]
        if objects:
            return {"@graph": objects}
    return None
