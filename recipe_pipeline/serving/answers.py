"""Answers to the tasks of clients. Everything here runs in a thread of a request."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.document import extract_page
from recipe_pipeline.extraction.extract import model_input
from recipe_pipeline.extraction.fetch import fetch
from recipe_pipeline.extraction.mealie import mealie_recipe
from recipe_pipeline.extraction.page import Page
from recipe_pipeline.extraction.recipe_lines import line_score
from recipe_pipeline.extraction.settings import ExtractionSettings
from recipe_pipeline.extraction.sources import page_of
from recipe_pipeline.schema.recipe import recipes_in
from recipe_pipeline.serving.chat_request import ChatTask, Form
from recipe_pipeline.serving.errors import ApiError
from recipe_pipeline.serving.page_input import read_html, read_text
from recipe_pipeline.serving.schema_fit import fit
from recipe_pipeline.serving.service import Session
from recipe_pipeline.text.ingredient_line import split_line

_NO_CHAT = "This server extracts recipes from text; it does not chat."
_MAX_LINES = 500
_MAX_LINE = 2000
_RECIPE_LINE = 1.0
"""``line_score`` of a line that says: there may be a recipe here."""


@dataclass(frozen=True)
class ChatAnswer:
    """``content`` is the message; the tokens are counts of the model's tokenizer."""

    content: str
    prompt_tokens: int
    completion_tokens: int


def answer_chat(task: ChatTask, session: Session, settings: ExtractionSettings) -> ChatAnswer:
    """The answer to a chat request. Raises PipelineError."""
    value = _FORMS[task.form](task, session, settings)
    if task.schema is not None:
        value = fit(value, task.schema)
    content = json.dumps(value, ensure_ascii=False)
    read = task.text or "\n".join(task.lines)
    return ChatAnswer(content, session.count_tokens(read), session.count_tokens(content))


def answer_extract(
    body: Any, session: Session, settings: ExtractionSettings, allow_private: bool
) -> dict[str, Any]:
    """The answer to a request of ``/extract``: the recipe and the notes of the command line.

    Raises ApiError and PipelineError.
    """
    name, source = _one_source(body)
    if name == "url":
        limits = settings.limits
        download = fetch(source, limits, public_only=not allow_private)
        page = page_of(download.content, download.url, limits, download.charset)
    else:
        page = (read_html if name == "html" else read_text)(source)
    notes: list[str] = []
    extraction = extract_page(page, settings, lambda: session, notes.append)
    if extraction.is_empty:
        notes.append("no recipe found")
    return {"recipe": extraction.document, "notes": notes}


def _one_source(body: Any) -> tuple[str, str]:
    given = [(key, body[key]) for key in ("url", "html", "text") if body.get(key) is not None]
    if len(given) != 1 or not isinstance(given[0][1], str):
        raise ApiError(400, "send exactly one of 'url', 'html' and 'text', as a string")
    name, source = given[0]
    if not source.strip():
        raise ApiError(400, f"'{name}' is empty", param=name)
    return name, source.strip() if name == "url" else source


def _document(task: ChatTask, session: Session, settings: ExtractionSettings) -> dict[str, Any]:
    page = read_text(task.text, task.is_scraped)
    return extract_page(page, settings, lambda: session, lambda _: None).document


def _mealie_recipe(task: ChatTask, session: Session, settings: ExtractionSettings) -> Any:
    recipes = recipes_in(_document(task, session, settings))
    return mealie_recipe(next(iter(recipes), {}))


def _mealie_text(task: ChatTask, session: Session, settings: ExtractionSettings) -> Any:
    if not task.text:
        return {"text": _NO_CHAT}
    return {"text": json.dumps(_document(task, session, settings), ensure_ascii=False)}


def _mealie_source(task: ChatTask, session: Session, settings: ExtractionSettings) -> Any:
    """The part of the page with the recipe, as it is: Mealie sends it back for the recipe."""
    page = read_text(task.text, task.is_scraped)
    text = json.dumps(page.recipe, ensure_ascii=False)
    if not page.recipe:
        text = _window(page, session, settings)
    found = bool(page.recipe) or any(line_score(line) >= _RECIPE_LINE for line in text.splitlines())
    return {
        "contains_recipe": found,
        "content": text if found else "",
        "language": None,
        "image_url": None,
    }


def _window(page: Page, session: Session, settings: ExtractionSettings) -> str:
    return model_input(page, settings.model.post_budget, session.count_tokens).text


def _mealie_organizers(*_: Any) -> Any:
    return {"tags": [], "categories": [], "tools": []}


def _mealie_ingredients(task: ChatTask, *_: Any) -> Any:
    if len(task.lines) > _MAX_LINES or any(len(line) > _MAX_LINE for line in task.lines):
        raise PipelineError(f"send at most {_MAX_LINES} lines of at most {_MAX_LINE} characters")
    return {
        "ingredients": [
            {
                "quantity": parts.quantity or 0,
                "unit": parts.unit or None,
                "food": parts.food or None,
                "note": parts.note or None,
            }
            for parts in map(split_line, task.lines)
        ]
    }


_FORMS: dict[Form, Callable[[ChatTask, Session, ExtractionSettings], Any]] = {
    Form.SCHEMA_ORG: _document,
    Form.MEALIE_SOURCE: _mealie_source,
    Form.MEALIE_RECIPE: _mealie_recipe,
    Form.MEALIE_ORGANIZERS: _mealie_organizers,
    Form.MEALIE_INGREDIENTS: _mealie_ingredients,
    Form.MEALIE_TEXT: _mealie_text,
}
