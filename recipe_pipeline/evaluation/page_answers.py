"""Answers about posts and web pages, asked for and chosen as in 08."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Sequence

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.evaluation.data import EvaluationDocument
from recipe_pipeline.evaluation.settings import AnswerSettings
from recipe_pipeline.extraction.attempts import ask
from recipe_pipeline.extraction.extract import UnusableAnswer, model_input
from recipe_pipeline.extraction.page import Page
from recipe_pipeline.extraction.reading import Reading
from recipe_pipeline.extraction.settings import ModelSettings
from recipe_pipeline.models.generator import Generator


def texts_read(
    documents: Sequence[EvaluationDocument],
    answers: AnswerSettings,
    count_tokens: Callable[[str], int],
) -> list[str]:
    """The part of each document that 08, with its own context length, would give to a model.

    Raises PipelineError if the answers leave no room for a document.
    """
    try:
        budget = ModelSettings(max_new_tokens=answers.max_new_tokens).post_budget
    except PipelineError:
        raise PipelineError(
            f"--max-new-tokens {answers.max_new_tokens} leaves no room for a document: lower it"
        ) from None
    return [model_input(Page(each.post), budget, count_tokens).text for each in documents]


def answer_texts(
    generator: Generator,
    documents: Sequence[EvaluationDocument],
    texts: Sequence[str],
    settings: AnswerSettings,
    name: str,
    keep: Callable[[EvaluationDocument, str, Sequence[str]], None],
) -> None:
    """Ask about ``texts``, the parts of ``documents`` to read, as 08 does.

    ``keep`` is called with each document, its text, and all answers about it; ``name`` is that of the
    model in the log of failures.
    """
    readings = [Reading(t, d.title) for d, t in zip(documents, texts, strict=True)]
    asked = [number for number, text in enumerate(texts) if text]

    def settled(number: int) -> None:
        keep(documents[number], texts[number], readings[number].answers or [""])

    for number, text in enumerate(texts):
        if not text:
            settled(number)
    ask(
        generator,
        [readings[number] for number in asked],
        settings.tries,
        settings.max_new_tokens,
        lambda position: settled(asked[position]),
        [f"{name}: {documents[number].id}" for number in asked],
    )
    for number in asked:
        if readings[number].answers and readings[number].extraction is None:
            settled(number)


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
