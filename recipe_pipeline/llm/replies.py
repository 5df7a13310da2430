"""The text of an LLM's reply -> a post, or reasoning and recipe JSON. Pure functions.

A reply is untrusted text: it is parsed as JSON, never executed.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.llm.completion import FILTER_REASONS, LENGTH_REASONS, TOOL_REASONS
from recipe_pipeline.llm.json_values import (
    embedded_values,
    fenced_values,
    is_escaped,
    strict_json,
    unescaped,
)
from recipe_pipeline.llm.refusals import is_refusal
from recipe_pipeline.llm.versions import Placed, chosen
from recipe_pipeline.schema.recipe import RecipeInvalid, normalise_recipe

MIN_POST_LENGTH = 40
MAX_ANSWER_CHARACTERS = 200_000
"""Longer answers are cut before repair: a model that loops can fill its whole context."""

_LOOP_LENGTH, _LOOP_SHARE = 2000, 0.2  # characters
_OPENING = re.compile(r"\s*(?:<(think|thinking|thought|reasoning)>|\[(THINK)\])", re.IGNORECASE)
_CLOSING = re.compile(r"</(?:think|thinking|thought|reasoning)>|\[/THINK\]", re.IGNORECASE)
_WHOLE_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*)\n```", re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class ReplyError(Exception):
    """A reply that cannot be used. ``reason`` is a slug for counting, ``detail`` a sentence.

    ``repeatable``: a retry may help. A reply that hit the token limit will hit it again.
    """

    def __init__(self, reason: str, detail: str, repeatable: bool = True) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.repeatable = repeatable


class TryAgain(ReplyError):
    """The reply was readable but not good enough; the stage that raises this limits how often."""


@dataclass(frozen=True)
class ParsedAnswer:
    """``data`` is the JSON object, None if even repair finds none; ``strict`` means that the
    answer, apart from reasoning before it, was that one object and nothing else."""

    data: dict[str, Any] | None
    strict: bool


def require_finished(finish_reason: str | None, text: str = "") -> None:
    """Raises ReplyError for a reply that did not end by itself.

    Reasons that no server documents ("error") do not come this far: see `completion`. ``text`` is
    what the model wrote, reasoning included: where it only repeats itself, another try may end.
    """
    reason = (finish_reason or "").lower()
    if reason in LENGTH_REASONS:
        if _repeats_itself(text):
            raise ReplyError("repetitive", "the reply repeats itself up to the token limit")
        raise ReplyError(
            "truncated",
            "the reply was cut off by the token limit; raise --max-tokens or the server's context",
            repeatable=False,
        )
    if reason in FILTER_REASONS:
        raise ReplyError("content_filter", "the server's filter stopped the reply")
    if reason in TOOL_REASONS:
        raise ReplyError("tool_call", "the model wants to call a tool instead of answering")


def _repeats_itself(text: str) -> bool:
    """Whether the end of ``text`` says little new; prose and recipes compress to half of their size."""
    end = text[-_LOOP_LENGTH:].encode()
    return len(end) >= _LOOP_LENGTH and len(zlib.compress(end)) < _LOOP_SHARE * len(end)


def split_reasoning(content: str | None, reasoning_field: str | None = None) -> tuple[str, str]:
    """``(reasoning, answer)`` from wherever the server puts the reasoning.

    ``reasoning_field`` is the message's ``reasoning_content`` or ``reasoning``. Think blocks at the
    start of the content are reasoning too, even without the opening mark (some chat templates put
    that into the prompt). If a block is never closed, all of it is reasoning and the answer empty.
    """
    thoughts = [reasoning_field.strip()] if reasoning_field and reasoning_field.strip() else []
    rest = content or ""
    while opening := _OPENING.match(rest):
        closing = _CLOSING.search(rest, opening.end())
        if closing is None:
            thoughts.append(rest[opening.end() :].strip())
            rest = ""
            break
        thoughts.append(rest[opening.end() : closing.start()].strip())
        rest = rest[closing.end() :]
    closings = list(_CLOSING.finditer(rest))
    if closings:
        thoughts.append(_CLOSING.sub("", rest[: closings[-1].start()]).strip())
        rest = rest[closings[-1].end() :]
    return "\n\n".join(thought for thought in thoughts if thought), rest.strip()


def parse_post_reply(content: str | None, reasoning_field: str | None = None) -> str:
    """The post of a stage 2 reply, without reasoning or a code fence; raises ReplyError."""
    post = _answer_of(content, reasoning_field)[1]
    if fence := _WHOLE_FENCE.fullmatch(post):
        post = fence[1].strip()
    if is_refusal(post):
        raise ReplyError("refusal", f"the model refused: {post[:200]}")
    if len(post) < MIN_POST_LENGTH:
        raise ReplyError("too_short", f"the post has only {len(post)} characters")
    if post[0] in "{[" and isinstance(strict_json(post), dict | list):
        raise ReplyError("not_a_post", "the reply is JSON, not a post")
    return post


def parse_recipe_reply(
    content: str | None, reasoning_field: str | None = None
) -> tuple[dict[str, Any], str]:
    """``(recipe, reasoning)`` of a stage 3 reply; raises ReplyError.

    The recipe is normalised; ``{}`` means that the post has no recipe. JSON is only taken from the
    answer, never from a draft inside the reasoning.
    """
    reasoning, answer = _answer_of(content, reasoning_field)
    data = without_lone_surrogates(find_json(answer), answer)
    try:
        return normalise_recipe(data), reasoning
    except RecipeInvalid as error:
        raise ReplyError("invalid_recipe", f"the recipe is not valid: {error}") from None


def parse_answer(answer: str) -> ParsedAnswer:
    """The JSON object of a model's answer to an extraction prompt.

    Unlike `parse_recipe_reply`, an answer that breaks off is completed, so that what it does say is
    scored. Several recipes side by side become ``{"@graph": [...]}``.
    """
    answer = answer[:MAX_ANSWER_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
    _, text = split_reasoning(answer)
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        data = None
    strict = isinstance(data, dict)
    if not strict:
        try:
            data = find_json(text, complete=True)
        except ReplyError:
            return ParsedAnswer(None, strict=False)
    data = without_lone_surrogates(data, text)
    return ParsedAnswer({"@graph": data} if isinstance(data, list) else data, strict)


def find_json(answer: str, complete: bool = False) -> dict[str, Any] | list[dict[str, Any]]:
    """The JSON object of an answer, or a list of the objects of several recipes.

    Strict JSON comes first: the whole answer, code fences, objects among chatter. Otherwise
    ``json-repair`` mends it, and with ``complete`` also completes JSON that breaks off. Raises
    ReplyError.
    """
    whole = strict_json(answer)
    if isinstance(whole, str) and "{" in whole:  # JSON in a JSON string
        return find_json(whole, complete)
    if isinstance(whole, dict | list):
        return _only_objects(whole)
    values = fenced_values(answer) or embedded_values(answer)
    if values:
        return _one_of(values)
    if is_escaped(answer):
        return find_json(unescaped(answer), complete)
    return _mended(answer, complete)


def without_lone_surrogates(data: Any, text: str) -> Any:
    r"""``data``, parsed from the JSON in ``text``, with "?" for every half of a surrogate pair.

    ``"\ud83d"`` alone is valid JSON (an emoji that was cut in two), but cannot be written as UTF-8.
    """
    if not _SURROGATE_ESCAPE.search(text):
        return data
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))


def _answer_of(content: str | None, reasoning_field: str | None) -> tuple[str, str]:
    """`split_reasoning` for a reply that must have an answer; raises ReplyError."""
    reasoning, answer = split_reasoning(content, reasoning_field)
    if answer:
        return reasoning, answer
    if reasoning:
        raise ReplyError("no_answer", "the reply has reasoning but no answer after it")
    raise ReplyError("empty_reply", "the reply is empty")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _one_of(values: list[Placed]) -> Any:
    """See `chosen`; raises ReplyError."""
    value = chosen(values)
    return _only_objects(values[-1][1]) if value is None else value


def _only_objects(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and any(isinstance(node, dict) for node in value):
        return _one_of([("", value)])
    if value == []:
        return {}
    kind = {"list": "an array", "str": "text"}.get(type(value).__name__, type(value).__name__)
    raise ReplyError("not_an_object", f"the answer is {kind}, not a JSON object")


def _mended(answer: str, complete: bool) -> Any:
    """What ``json-repair`` makes of the answer from its first brace on; raises ReplyError."""
    start = answer.find("{")
    if start < 0:
        if is_refusal(answer):
            raise ReplyError("refusal", f"the model refused: {answer[:200]}")
        raise ReplyError("no_json", "there is no JSON object in the answer")
    text = answer[start:].split("\n```", 1)[0].rstrip()
    cut_off = not text.endswith(("}", "]", ";")) and "}" not in text[text.rfind('"') :]
    if cut_off and not complete:
        raise ReplyError("truncated", "the JSON breaks off")
    import json_repair

    end = len(text) if cut_off else max(text.rfind("}"), text.rfind("]")) + 1
    try:
        value = json_repair.loads(text[:end])
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict | list) or not value:
        raise ReplyError("no_json", "the JSON is too broken to be read")
    data = _one_of([("", value)])
    if not data:  # what is left of something else
        raise ReplyError("no_json", "the JSON is too broken to be read")
    return data
