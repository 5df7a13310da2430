"""Answers about posts and web pages, asked for and chosen as in 08."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation.answer_store import AnswerStore
from recipe_pipeline.evaluation.data import EvaluationDocument
from recipe_pipeline.evaluation.settings import AnswerSettings
from recipe_pipeline.extraction.attempts import ask
from recipe_pipeline.extraction.extract import UnusableAnswer, interpret, model_input
from recipe_pipeline.extraction.page import Page
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
    """Ask about every page until an answer is usable, and store all answers to it."""
    asked = [number for number, page in enumerate(pages) if page.text]
    given: dict[int, list[str]] = {number: [] for number in range(len(pages))}

    def accept(position: int, answer: str) -> None:
        number = asked[position]
        given[number].append(answer)
        page = pages[number]
        interpret(answer, page.text, title=page.document.title)
        keep(number)

    def keep(number: int) -> None:
        page = pages[number]
        store.add(page.document, page.text, given[number] or [""], answers.tries)
        answered()

    for number in given.keys() - set(asked):
        keep(number)
    failures = ask(
        generator,
        [pages[number].text for number in asked],
        answers.tries,
        answers.max_new_tokens,
        accept,
        [names[number] for number in asked],
    )
    for position in failures:
        keep(asked[position])


def user_answer(answers: Sequence[str], read: str, title: str) -> str:
    """What a user of 08 gets, as JSON: the recipe in the first usable answer, or what there is of it in
    the first answer; "" if there is none.

    ``answers``: those of all tries about ``read``, the text of a page with that ``title``.
    """
    tried = [(answer, True) for answer in answers] + [(answer, False) for answer in answers[:1]]
    for answer, whole in tried:
        try:
            extraction = interpret(answer, read, title=title, whole=whole)
            return json.dumps(extraction.document, ensure_ascii=False)
        except UnusableAnswer:
            continue
    return ""
