"""The teacher's answer to the messages of a request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from recipe_pipeline.generation.prompts import parse_blog_kind, parse_blog_request
from recipe_pipeline.models import prompts
from recipe_pipeline.offline_teacher.composer import compose
from recipe_pipeline.offline_teacher.memory import Memory


class NotUnderstood(ValueError):
    """The request asks neither for a post nor for the label of a post that the teacher wrote."""


def _post_in(messages: Sequence[Mapping[str, Any]]) -> str | None:
    """The post of a request of stage 3."""
    try:
        return prompts.parse_extraction_request(messages)
    except ValueError:
        return None


def answer(
    messages: Sequence[Mapping[str, Any]],
    seed: int,
    memory: Memory,
    length: float | tuple[float, float] = 1.0,
    breadth: float = 0.0,
) -> str:
    """A post, or <think> with the reasoning and the label as JSON.

    Raises NotUnderstood with a message for the client.
    """
    try:
        post = _post_in(messages)
        if post is None:
            facts, style = parse_blog_request(messages)
            kind, left_out = parse_blog_kind(messages)
            composition = compose(facts, style, seed, kind, left_out, length, breadth)
    except (ValueError, RecursionError) as error:  # JSON may be nested too deeply
        raise NotUnderstood(
            "the offline teacher only answers requests of stages 2 and 3 "
            f"(a <recipe> block with a style, or a <post> block): {error}"
        ) from error
    if post is not None:
        return _label(post, memory)
    memory.remember(composition.post, composition.label, composition.reasoning)
    return composition.post


def _label(post: str, memory: Memory) -> str:
    remembered = memory.recall(post)
    if remembered is None:
        raise NotUnderstood(
            "the offline teacher did not write this post: it only labels its own posts, from"
            " its memory (is --memory the file it wrote them with?)"
        )
    label, reasoning = remembered
    return f"<think>\n{reasoning}\n</think>\n\n{json.dumps(label, ensure_ascii=False)}"
