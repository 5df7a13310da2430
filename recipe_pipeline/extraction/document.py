"""Script 08 for one document: read it, ask the model, check the answer, print the recipe."""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Callable

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import slugify, write_atomic
from recipe_pipeline.extraction.attempts import ask
from recipe_pipeline.extraction.extract import (
    Extraction,
    UnusableAnswer,
    model_input,
    page_answer,
)
from recipe_pipeline.extraction.models import load_model
from recipe_pipeline.extraction.page import Page
from recipe_pipeline.extraction.reading import Reading
from recipe_pipeline.extraction.render import render
from recipe_pipeline.extraction.settings import STDIN, SUFFIXES, ExtractionSettings
from recipe_pipeline.extraction.sources import read_source
from recipe_pipeline.models.generator import Generator

Say = Callable[[str], None]


def extract_document(settings: ExtractionSettings) -> Extraction:
    """Extract from ``settings.source`` to standard output or into ``settings.output``.

    The output is a file, or an existing folder, in which the file is named after the recipe.
    The model is loaded only if it is needed. Raises PipelineError.
    """
    output, source = settings.output, settings.source
    if output and output.exists() and os.path.exists(source) and output.samefile(source):
        raise PipelineError(f"--output {output} is the page itself: name another file")
    page = read_source(settings.source, settings.limits)

    def model() -> Generator:
        loaded = load_model(settings)
        if sys.stderr.isatty():
            _say("asking the model, which takes up to a minute on a CPU")
        return loaded

    extraction = extract_page(page, settings, model, _say)
    _write(extraction, settings)
    if extraction.is_empty:
        _say(f"no recipe found in {settings.source.replace(STDIN, 'standard input')}")
    return extraction


def extract_page(
    page: Page, settings: ExtractionSettings, model: Callable[[], Generator], say: Say
) -> Extraction:
    """The recipe of ``page``: the page's own, or the model's first usable answer, together with those of
    the page's other cards.

    ``model`` is called only if it is needed; ``say`` gets what the user should know, in single
    lines. Raises PipelineError (UnusableAnswer if no answer was usable).
    """
    extraction = page_answer(page, settings.ignore_page_data)
    if not settings.ignore_page_data:
        for line in page.data.report():
            say(line)
    if extraction is None:
        extraction = _ask(model(), page, settings, say)
    for line in extraction.omitted:
        say(f"left out: {line}")
    for line in extraction.unsupported:
        say(f"not supported by the text: {line}")
    return extraction


def _ask(model: Generator, page: Page, settings: ExtractionSettings, say: Say) -> Extraction:
    """What the answers come to. If none is usable, raises the error of the first, likeliest one."""
    window = model_input(page, settings.model.budget_for(model), model.count_tokens)
    if page.note:
        say(page.note)
    if window.is_cut:
        say(window.describe())
    reading = Reading(window.text, page.title, settings.strict)
    attempts = itertools.count(1)

    def failed(error: UnusableAnswer) -> None:
        say(f"attempt {next(attempts)} failed: {error.reason.replace('_', ' ')}")

    ours = settings.model
    ask(model, [reading], ours.tries, ours.max_new_tokens, lambda _: None, unusable=failed)
    if reading.extraction is None:
        raise reading.error or PipelineError("the model gave no answer")
    if not reading.is_whole:
        say("no answer is whole: lines at the end of the lists may be missing")
    return reading.extraction


def _write(extraction: Extraction, settings: ExtractionSettings) -> None:
    text = render(extraction.document, settings.output_format)
    path = settings.output
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    if path.is_dir():
        name = slugify(str(extraction.document.get("name", "recipe")))
        path = path / (name + SUFFIXES[settings.output_format])
    try:
        write_atomic(path, text)
    except OSError as error:
        raise PipelineError(f"cannot write {path} ({error.strerror}): check the path") from None
    _say(f"wrote {path}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
