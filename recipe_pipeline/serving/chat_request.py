"""What an OpenAI chat request asks of this server.

The model extracts recipes and does nothing else, so instructions are not read: not the client's, whose
purpose is known from the form of the request, and none in a page's text. Forms are those of the
sources of Mealie (``mealie/services/openai``), Tandoor (``cookbook/views/api.py``), KitchenOwl
(``backend/app/service/ingredient_parsing.py``), and of script 08.
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
    KITCHENOWL_INGREDIENTS = "name and description"


@dataclass(frozen=True)
class ChatTask:
    """``text`` is the page or, for the forms with ingredients, `lines` are their lines.

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


def read_chat(body: Any) -> ChatTask:
    """The task of a request body. Raises ApiError (400)."""
    if not isinstance(body, dict):
        raise ApiError(400, "the body is not a JSON object")
    messages = body.get("messages")
    if not isinstance(messages, list) or not all(isinstance(item, dict) for item in messages):
        raise ApiError(400, "'messages' is not a list of objects", param="messages")
    if body.get("n") not in (None, 1):
        raise ApiError(400, "only one choice (n = 1) is supported", param="n")
    parts = _last_user_parts(messages)
    form, schema = _form(body.get("response_format"))
    lines = _string_list(parts[-1])
    if form is Form.SCHEMA_ORG and lines is not None:
        form = Form.KITCHENOWL_INGREDIENTS
    if form in (Form.MEALIE_INGREDIENTS, Form.KITCHENOWL_INGREDIENTS):
        return ChatTask(form, "", tuple(lines if lines is not None else parts[-1].splitlines()))
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


def _string_list(text: str) -> list[str] | None:
    """``text`` as a JSON list of strings, None if it is not one."""
    if not text.lstrip().startswith("["):
        return None
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(data, list) and data and all(isinstance(item, str) for item in data)
    return data if is_list else None


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
