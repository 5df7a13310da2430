"""Script 08 for one document: read, ask, check, print."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import slugify, write_atomic
from recipe_pipeline.extraction.extract import (
    Extraction,
    ExtractionSettings,
    first_valid,
    has_own_answer,
    prepare,
    require_support,
)
from recipe_pipeline.extraction.fetch import FetchLimits
from recipe_pipeline.extraction.models import LocalModel, ServerModel, answers
from recipe_pipeline.extraction.render import SUFFIXES, render
from recipe_pipeline.extraction.sources import read_source
from recipe_pipeline.extraction.window import estimate_tokens

ModelLoader = Callable[[], "LocalModel | ServerModel"]
TokenCounter = Callable[[str], int]


def extract_one(
    source: str,
    load_model: ModelLoader,
    settings: ExtractionSettings,
    limits: FetchLimits,
    output: Path | None = None,
) -> int:
    """Extract from ``source`` to standard output, or into ``output``; returns the exit code.

    ``load_model`` is called only if the model is needed. ``output`` is a file, or an existing
    folder, in which the file is named after the recipe. Raises PipelineError.
    """
    document = read_source(source, limits)
    if has_own_answer(document, settings):
        prepared = prepare(document, settings, estimate_tokens)
        _say(*prepared.notes)
        extraction = Extraction(prepared.recipe)
    else:
        model = load_model()
        prepared = prepare(document, settings, token_counter(model))
        _say(*prepared.notes)
        extraction = first_valid(answers(model, prepared.post, settings), prepared.post, _say)
    _report(extraction)
    if settings.strict:
        require_support(extraction)
    _write(extraction, settings, output)
    if extraction.exit_code:
        _say(f"no recipe found in {source if source != '-' else 'standard input'}")
    return extraction.exit_code


def token_counter(model: LocalModel | ServerModel) -> TokenCounter:
    """The model's own count of tokens where its tokenizer is here, else an estimate."""
    return model.count_tokens if isinstance(model, LocalModel) else estimate_tokens


def _report(extraction: Extraction) -> None:
    _say(*(f"not supported by the text: {line}" for line in extraction.unsupported))
    _say(*(f"left out: {line}" for line in extraction.omitted))


def _write(extraction: Extraction, settings: ExtractionSettings, output: Path | None) -> None:
    text = render(extraction.document, settings.output_format)
    if output is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    if output.is_dir():
        name = slugify(str(extraction.document.get("name", "recipe")))
        output = output / (name + SUFFIXES[settings.output_format])
    try:
        write_atomic(output, text)
    except OSError as error:
        raise PipelineError(f"cannot write {output} ({error.strerror}): check the path") from None
    _say(f"wrote {output}")


def _say(*lines: str) -> None:
    for line in lines:
        print(line, file=sys.stderr, flush=True)
