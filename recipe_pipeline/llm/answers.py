"""Read a model's extraction answer: strict JSON first, repaired JSON second."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.llm.replies import (
    ReplyError,
    find_recipe_json,
    split_reasoning,
    without_lone_surrogates,
)

#: Longer answers are cut before repair: a model that loops can fill its whole context.
MAX_ANSWER_CHARACTERS = 200_000


@dataclass(frozen=True)
class ParsedAnswer:
    """``data`` is the JSON object, or None when even repair finds none; ``strict`` says that the
    answer (after a closed block of reasoning) was that one object and nothing else."""

    data: dict[str, Any] | None
    strict: bool


def parse_answer(answer: str) -> ParsedAnswer:
    """The JSON object of an answer.

    Reasoning in front is no part of the answer. What is left is strict when it is one JSON object
    by RFC 8259 (no NaN). Otherwise it is looked for as stage 3 does (fences, chatter), and an
    answer that breaks off is completed by ``json-repair``, so that what it does say is scored.
    Several recipes side by side become ``{"@graph": [...]}``.
    """
    answer = answer[:MAX_ANSWER_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    _, text = split_reasoning(answer)
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, dict):
        return ParsedAnswer(without_lone_surrogates(data, text), strict=True)
    return ParsedAnswer(without_lone_surrogates(_repaired(text), text), strict=False)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _repaired(text: str) -> dict[str, Any] | None:
    try:
        return _as_object(find_recipe_json(text))
    except ReplyError:
        start = text.find("{")
    if start < 0:
        return None
    from json_repair import repair_json

    try:
        return _as_object(repair_json(text[start:], return_objects=True))
    except (ValueError, RecursionError):
        return None


def _as_object(data: Any) -> dict[str, Any] | None:
    if isinstance(data, dict):
        return data
    objects = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    if len(objects) > 1:
        return {"@graph": objects}
    return objects[0] if objects else None
