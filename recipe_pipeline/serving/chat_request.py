"""What an OpenAI chat request asks of this server.

The model extracts recipes and does nothing else, so instructions are not read: not the client's, whose
purpose is known from the form of the request, and none in a page's text. Forms are those of the
sources of Mealie (``mealie/services/openai``) and Tandoor (``cookbook/views/api.py``), and of script 08.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from recipe_pipeline.models.prompts import USER_TEMPLATE, parse_extraction_request
from recipe_pipeline.serving.errors import ApiError


class Form(Enum):
    """The form of the answer. The values are the names of Mealie's schemas, as they are sent."""

    SCHEMA_ORG = "schema.org"
    MEALIE_SOURCE = "OpenAICompiledSource"
    MEALIE_RECIPE = "OpenAIRecipe"
    MEALIE_ORGANIZERS = "OpenAIOrganizers"
    MEALIE_INGREDIENTS = "OpenAIIngredients"
    MEALIE_TEXT = "OpenAIText"


@dataclass(frozen=True)
class ChatTask:
    """``text`` is the page or, for MEALIE_INGREDIENTS, ``lines`` are those to split.

    ``schema`` is what the answer must fit, None for any. ``is_scraped``: an importer made the text
    from HTML, one line per piece of markup.
    """

    form: Form
    text: str
    lines: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None
    is_scraped: bool = False


# What importers write before the page's text, and whether they made it from HTML.
_SOURCE = "Below is the transcribed recipe source."
_PREFIXES = {
    USER_TEMPLATE.format(post="").strip(): False,
    "Convert this content to JSON:": True,
    "The following content was extracted from a webpage.": True,
    _SOURCE: True,
}
_IMAGE_LINE = "The page's primary image is:"


def read_chat(body: dict[str, Any]) -> ChatTask:
    """The task of a request body. Raises ApiError (400)."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(item, dict) for item in messages):
        raise ApiError(400, "'messages' is not a list of objects", param="messages")
    if body.get("n") not in (None, 1):
        raise ApiError(400, "only one choice (n = 1) is supported", param="n")
    parts = _last_user_parts(messages)
    form, schema = _form(body.get("response_format"))
    if form is Form.MEALIE_INGREDIENTS:
        return ChatTask(form, "", _ingredient_lines(parts[-1]))
    if form is Form.MEALIE_TEXT and "schema.org" not in json.dumps(messages):
        return ChatTask(form, "")  # a test of the connection
    text, is_scraped = _page_text(parts)
    return ChatTask(form, text, (), schema, is_scraped)


def _last_user_parts(messages: list[dict[str, Any]]) -> list[str]:
    """The texts of the last user message, at least one."""
    for message in reversed(messages):
        if message.get("role") != "user":
            continue
        content = message.get("content")
        content = content if isinstance(content, list) else [{"type": "text", "text": content}]
        parts = []
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if kind != "text" or not isinstance(part.get("text"), str):
                raise ApiError(400, "this model reads text only", param="messages")
            parts.append(part["text"])
        if parts:
            return parts
    raise ApiError(400, "there is no user message with text", param="messages")


def _form(response_format: Any) -> tuple[Form, dict[str, Any] | None]:
    wanted = response_format if isinstance(response_format, dict) else {}
    if wanted.get("type") != "json_schema":
        return Form.SCHEMA_ORG, None
    spec = wanted.get("json_schema")
    name = spec.get("name") if isinstance(spec, dict) else None
    schema = spec.get("schema") if isinstance(spec, dict) else None
    try:
        return Form(name), schema if isinstance(schema, dict) else None
    except ValueError:
        pass
    if "recipeIngredient" in json.dumps(schema):
        return Form.SCHEMA_ORG, None
    # Mealie would repeat the request without its schema if the message had the field's name in it,
    # and then misread the recipe it gets.
    raise ApiError(
        400,
        f"this server extracts recipes; it cannot answer in the form {str(name)[:60]!r}",
        code="unknown_form",
    )


def _ingredient_lines(text: str) -> tuple[str, ...]:
    """The lines in the JSON list ``text``."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not (isinstance(data, list) and all(isinstance(item, str) for item in data)):
        raise ApiError(400, "the ingredients are not a JSON list of strings", param="messages")
    return tuple(data)


def _page_text(parts: list[str]) -> tuple[str, bool]:
    """The text to extract from, and whether it was made from HTML."""
    if len(parts) > 1:
        # The first part is the instruction. Tandoor also sends its own data, to sort or to complete.
        if "schema.org" not in parts[0] and parts[-1].lstrip().startswith("{"):
            raise ApiError(400, "this server extracts recipes from text", code="unknown_form")
        return "\n\n".join(parts[1:]), False
    text = parts[0].strip()
    try:
        return parse_extraction_request([{"role": "user", "content": text}]), False
    except ValueError:
        pass
    if text.startswith("Translate the recipe"):
        if _SOURCE not in text:
            raise ApiError(400, "this model does not translate", code="unknown_form")
        text = text[text.index(_SOURCE) :]
    for prefix, is_scraped in _PREFIXES.items():
        if text.startswith(prefix):
            rest = text.removeprefix(prefix).lstrip()
            if rest.startswith(_IMAGE_LINE):
                rest = rest.partition("\n")[2].lstrip()
            return rest, is_scraped
    return text, False
