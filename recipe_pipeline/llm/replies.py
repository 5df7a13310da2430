"""From the text of an LLM's reply to a post or to reasoning and recipe JSON. Pure functions.

A reply is untrusted text: it is parsed as JSON, never executed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

MIN_POST_LENGTH = 40
MAX_CANDIDATES = 40
"""Places in a reply at which JSON is tried; bounds the time for a reply full of braces."""

MAX_ANSWER_CHARACTERS = 200_000
"""Longer answers are cut before repair: a model that loops can fill its whole context."""

_OPENING = re.compile(r"\s*(?:<(think|thinking|thought|reasoning)>|\[(THINK)\])", re.IGNORECASE)
_CLOSING = re.compile(r"</(?:think|thinking|thought|reasoning)>|\[/THINK\]", re.IGNORECASE)
_FENCE = re.compile(r"^```[\w-]*[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_WHOLE_FENCE = re.compile(r"```[\w-]*[ \t]*\n(.*)\n```", re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
# "I can't stop making these" opens a post: only what a model refuses to do makes it a refusal.
_APOLOGY = r"(?:(?:i['’]?m |i am )?(?:sorry|afraid)|(?:my )?apologies|unfortunately|i apologi[sz]e)"
_UNABLE = (
    r"(?:i (?:can(?:['’]t|\s?not)|won['’]t|will not)(?: and will not)?|(?:i am|i['’]?m) (?:not able|"
    r"unable) to|i won['’]t be able to)(?: \w+ly)?"
)
_REFUSAL = re.compile(
    # Behind an apology whatever cannot be done, but not what an author cannot stop doing.
    rf"{_APOLOGY}[,.!:]?\s*(?:but\s+)?(?:(?:this|that|your|the) (?:request|prompt|content|text)\b|"
    rf"{_UNABLE} (?!stop|believe|wait|get enough|help (?:but|my|it))|"
    r"i (?:do not|don['’]t|did not|didn['’]t) (?:have|see|find)\b|as an ai\b)|"
    r"as an ai\b|i must decline\b|"
    rf"{_UNABLE} (?:assist|comply|fulfil+|help (?:you|with|to)\b|"
    r"(?:provide|create|write|generate|produce|complete|process|extract|answer|discuss)"
    r"(?: \w+){0,3} (?:request|post|content|recipe|prompt|blog|article|text|topic|json)\b)",
    re.IGNORECASE,
)
_REFUSAL_LENGTH = 600


class ReplyError(Exception):
    """A reply that cannot be used. ``reason`` is a slug for counting, ``detail`` a sentence.

    ``repeatable`` tells whether asking again may help: a reply that was cut off by the token limit
    will be cut off again.
    """

    def __init__(self, reason: str, detail: str, repeatable: bool = True) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.repeatable = repeatable


def require_finished(finish_reason: str | None) -> None:
    """Raises ReplyError for a reply that the server broke off."""
    if finish_reason in ("length", "max_tokens"):
        raise ReplyError(
            "truncated",
            "the reply was cut off by the token limit; raise --max-tokens or the server's context",
            repeatable=False,
        )
    if finish_reason == "content_filter":
        raise ReplyError("content_filter", "the server's filter stopped the reply")


class AskAgain(ReplyError):
    """The reply was understood but found wanting; the stage that raises it bounds how often."""


def split_reasoning(content: str | None, reasoning_field: str | None = None) -> tuple[str, str]:
    """``(reasoning, answer)`` from wherever the server puts the reasoning.

    ``reasoning_field`` is the message's ``reasoning_content`` or ``reasoning``. In the content,
    think blocks at the start count, also one without its opening mark, which chat templates put
    into the prompt; an unclosed block is all reasoning, and the answer is then empty.
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
    """The post of a stage 2 reply, without reasoning or a fence around it; raises ReplyError."""
    reasoning, post = split_reasoning(content, reasoning_field)
    _require_answer(post, reasoning)
    if fence := _WHOLE_FENCE.fullmatch(post):
        post = fence[1].strip()
    if _is_refusal(post):
        raise ReplyError("refusal", f"the model refused: {post[:200]}")
    if len(post) < MIN_POST_LENGTH:
        raise ReplyError("too_short", f"the post has only {len(post)} characters")
    if post[0] in "{[" and isinstance(_strict(post), dict | list):
        raise ReplyError("not_a_post", "the reply is JSON, not a post")
    return post


def parse_recipe_reply(
    content: str | None, reasoning_field: str | None = None
) -> tuple[dict[str, Any], str]:
    """``(recipe, reasoning)`` of a stage 3 reply; raises ReplyError.

    The recipe is normalised by ``schema_org.normalise_recipe``; ``{}`` means that the post holds no
    recipe. JSON is taken from the answer only, never from a draft inside the reasoning.
    """
    from recipe_pipeline.schema.recipe import RecipeInvalid, normalise_recipe

    reasoning, answer = split_reasoning(content, reasoning_field)
    _require_answer(answer, reasoning)
    data = without_lone_surrogates(find_recipe_json(answer), answer)
    try:
        return normalise_recipe(data), reasoning
    except RecipeInvalid as error:
        raise ReplyError("invalid_recipe", f"the recipe is not valid: {error}") from None


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
    import json_repair

    try:
        return _as_object(json_repair.loads(text[start:]))
    except (ValueError, RecursionError):
        return None


def _as_object(data: Any) -> dict[str, Any] | None:
    if isinstance(data, dict):
        return data
    objects = [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    if len(objects) > 1:
        return {"@graph": objects}
    return objects[0] if objects else None


def find_recipe_json(answer: str) -> Any:
    """The JSON object (or the objects of several recipes, as a list) in an answer.

    Takes strict JSON first: the whole answer, a code fence, objects among chatter. Only then is
    slightly broken JSON mended. Raises ReplyError.
    """
    whole = _strict(answer)
    if isinstance(whole, dict | list):
        return _only_objects(whole)
    values: list[Any] = []
    for fence in _FENCE.findall(answer):
        value = _strict(fence)
        if isinstance(value, dict | list):
            values.append(value)
    values = values or _embedded_values(answer)
    if values:
        return _one_of(values)
    return _only_objects(_mended(answer))


def without_lone_surrogates(data: Any, text: str) -> Any:
    r"""``data``, parsed from the JSON in ``text``, with "?" for every half of a surrogate pair.

    ``"\ud83d"`` alone is valid JSON (an emoji that was cut in two), but cannot be written as UTF-8.
    """
    if not _SURROGATE_ESCAPE.search(text):
        return data
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))


def _require_answer(answer: str, reasoning: str) -> None:
    if answer:
        return
    if reasoning:
        raise ReplyError("no_answer", "the reply holds reasoning but no answer after it")
    raise ReplyError("empty_reply", "the reply is empty")


def _is_refusal(text: str) -> bool:
    return len(text) < _REFUSAL_LENGTH and _REFUSAL.match(text) is not None


def _strict(text: str) -> Any:
    """The value of strict JSON (NaN and Infinity, which are none, become null), else ''."""
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return ""


def _embedded_values(answer: str) -> list[Any]:
    """Objects and arrays of objects that stand in running text, outermost ones only."""
    decoder = json.JSONDecoder(parse_constant=lambda _: None)
    values: list[Any] = []
    position = 0
    for _ in range(MAX_CANDIDATES):
        match = re.compile(r"\{|\[\s*\{").search(answer, position)
        if match is None:
            break
        try:
            value, position = decoder.raw_decode(answer, match.start())
        except (ValueError, RecursionError):
            # An inner object of a broken outer one would be a step taken for a recipe.
            break
        values.append(value)
    return values


def _one_of(values: list[Any]) -> Any:
    """One value of several: recipes of different names together, else the last that is filled."""
    objects = [node for value in values for node in (value if isinstance(value, list) else [value])]
    filled = [node for node in objects if isinstance(node, dict) and node]
    if not filled:
        return {} if {} in objects else _only_objects(values[-1])
    by_name = {str(node.get("name", "")).strip().casefold(): node for node in filled}
    recipes = list(by_name.values())
    return recipes if len(recipes) > 1 else recipes[0]


def _only_objects(value: Any) -> Any:
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and any(isinstance(node, dict) for node in value):
        return _one_of([value])
    if value == []:
        return {}
    kind = {"list": "an array", "str": "text"}.get(type(value).__name__, type(value).__name__)
    raise ReplyError("not_an_object", f"the answer is {kind}, not a JSON object")


def _mended(answer: str) -> Any:
    """What ``json-repair`` makes of the answer from its first brace on; raises ReplyError."""
    start = answer.find("{")
    if start < 0:
        if _is_refusal(answer):
            raise ReplyError("refusal", f"the model refused: {answer[:200]}")
        raise ReplyError("no_json", "the answer holds no JSON object")
    text = answer[start:].split("\n```", 1)[0].rstrip()
    if not text.endswith(("}", "]", ";")) and "}" not in text[text.rfind('"') :]:
        raise ReplyError("truncated", "the JSON breaks off", repeatable=True)
    import json_repair

    end = max(text.rfind("}"), text.rfind("]")) + 1
    try:
        value = json_repair.loads(text[:end])
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict | list) or not value:
        raise ReplyError("no_json", "the JSON is too broken to be read")
    return _one_of(value if isinstance(value, list) else [value])
