"""Answers about posts and web pages, asked for and chosen as in 08."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation.answer_store import AnswerStore
from recipe_pipeline.evaluation.data import EvaluationDocument
from recipe_pipeline.evaluation.settings import AnswerSettings
from recipe_pipeline.extraction.attempts import ask
from recipe_pipeline.extraction.extract import UnusableAnswer, model_input
from recipe_pipeline.extraction.page import Page
from recipe_pipeline.extraction.reading import Reading
from recipe_pipeline.extraction.settings import ModelSettings
from recipe_pipeline.models.generator import Generator


@dataclass(frozen=True)
class PageAsRead:
    """A post or web page and the part of its text that a model is given."""

    document: EvaluationDocument
    text: str


def pages_as_read(
    documents: Sequence[EvaluationDocument],
    answers: AnswerSettings,
    count_tokens: Callable[[str], int],
) -> list[PageAsRead]:
    """What 08, with its own context length, would give a model of each page.

    Raises PipelineError if the answers leave no room for a document.
    """
    try:
        budget = ModelSettings(max_new_tokens=answers.max_new_tokens).post_budget
    except PipelineError:
        raise PipelineError(
            f"--max-new-tokens {answers.max_new_tokens} leaves no room for a document: lower it"
        ) from None
    return [
        PageAsRead(document, model_input(Page(document.post), budget, count_tokens).text)
        for document in documents
    ]


def answer_pages(
    generator: Generator,
    pages: Sequence[PageAsRead],
    names: Sequence[str],
    store: AnswerStore,
    answers: AnswerSettings,
    answered: Callable[[], None],
) -> None:
    """Ask about every page as 08 does, and store all answers to it."""
    readings = [Reading(page.text, page.document.title) for page in pages]
    asked = [number for number, page in enumerate(pages) if page.text]

    def keep(number: int) -> None:
        page, given = pages[number], readings[number].answers
        store.add(page.document, page.text, given or [""], answers.tries)
        answered()

    for number in range(len(pages)):
        if number not in asked:
            keep(number)
    ask(
        generator,
        [readings[number] for number in asked],
        answers.tries,
        answers.max_new_tokens,
        lambda position: keep(asked[position]),
        [names[number] for number in asked],
    )
    for number in asked:
        if readings[number].answers and readings[number].extraction is None:
            keep(number)


def user_answer(answers: Sequence[str], read: str, title: str) -> str:
    """What a user of 08 gets, as JSON: the recipe in the first usable answer with those of the page's other
    cards, or what there is of it in the first answer; "" if there is none.

    ``answers``: all of them about ``read``, the text of a page with that ``title``, in order.
    """
    reading = Reading(read, title)
    for answer in answers:
        if not reading.question:  # earlier versions asked more
            break
        with contextlib.suppress(UnusableAnswer):
            reading.take(answer)
    if reading.extraction is None:
        reading.rescue()
    return json.dumps(reading.extraction.document, ensure_ascii=False) if reading.extraction else ""
