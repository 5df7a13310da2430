"""The answers of one model: from the disk as far as they are there, else from the model."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.progress import Progress, RunReport
from recipe_pipeline.evaluation.answer_store import AnswerStore, short_digest
from recipe_pipeline.evaluation.data import EvaluationDocument
from recipe_pipeline.evaluation.page_answers import answer_texts, texts_read
from recipe_pipeline.evaluation.settings import DEFAULT_MODEL, EvaluationSettings, ModelChoice
from recipe_pipeline.extraction.models import open_server
from recipe_pipeline.llm.settings import RunnerSettings
from recipe_pipeline.models import bundle
from recipe_pipeline.models.adapter import trained_prompt
from recipe_pipeline.models.generator import Generator
from recipe_pipeline.models.llama_server import parallel_answers
from recipe_pipeline.models.loading import load_generator

_WEIGHT_SUFFIXES = (".safetensors", ".bin", ".gguf", ".json")


def answer_documents(
    choice: ModelChoice, documents: Sequence[EvaluationDocument], settings: EvaluationSettings
) -> tuple[AnswerStore, int]:
    """The answers of ``choice`` and the number of posts that it failed to answer."""
    store = AnswerStore(
        settings.output / "answers",
        choice.label,
        fingerprint(choice.spec, **settings_of(choice, settings)),
        settings.overwrite,
    )
    tries = settings.answers.tries
    pending = [d for d in documents if not store.is_done(d, tries)]
    if len(pending) < len(documents):
        done = len(documents) - len(pending)
        print(f"{choice.label}: {done} of {len(documents)} answers already there", flush=True)
    failed = _answer(choice, pending, store, settings) if pending else 0
    # The next model needs the memory; the parts of a model refer to each other.
    gc.collect()
    return store, failed


def _answer(
    choice: ModelChoice,
    pending: Sequence[EvaluationDocument],
    store: AnswerStore,
    settings: EvaluationSettings,
) -> int:
    generator = open_generator(choice, settings)
    progress, report = Progress(choice.label[:30], len(pending)), RunReport()
    started = time.perf_counter()

    def keep(document: EvaluationDocument, text: str, answers: Sequence[str]) -> None:
        store.add(document, text, answers, settings.answers.tries)
        report.done += 1
        report.completion_tokens = generator.answer_tokens
        progress.advance(report)

    progress.start()
    try:
        texts = texts_read(pending, settings.answers, generator.count_tokens)
        answer_texts(generator, pending, texts, settings.answers, choice.label, keep)
    finally:
        progress.close()
        if report.done:
            store.add_run(report.done, time.perf_counter() - started, generator.answer_tokens)
    return generator.failed


def settings_of(choice: ModelChoice, settings: EvaluationSettings) -> dict[str, Any]:
    """The settings that change this model's answers, for its `fingerprint`."""
    relevant: dict[str, Any] = {"max_new_tokens": settings.answers.max_new_tokens}
    if choice.is_endpoint:
        server = choice.server(settings.server)
        relevant |= {"prompt": settings.answers.prompt, "base_url": server.base_url}
        if server.extra_body:
            relevant["extra_body"] = server.extra_body
    elif prompt := trained_prompt(Path(bundle.resolve(choice.spec)).expanduser()):
        relevant["system_prompt"] = prompt
    return relevant


def open_generator(choice: ModelChoice, settings: EvaluationSettings) -> Generator:
    """The generator of ``choice``. Raises PipelineError when the model cannot be loaded."""
    answers, folder = settings.answers, settings.output
    if choice.is_endpoint:
        runner = RunnerSettings(max_retries=3, server_wait=60.0)
        server = choice.server(settings.server)
        is_full = answers.prompt == "full"
        return open_server(server, runner, full_instructions=is_full, log_folder=folder)
    if choice.spec == DEFAULT_MODEL and not Path(DEFAULT_MODEL).exists():
        raise PipelineError(
            f"there is no model in ./{DEFAULT_MODEL}: train one with 05_finetune.py, or name one with "
            "--model (--model bundled comes with the project)"
        )
    return load_generator(
        choice.spec,
        batch_size=answers.batch_size,
        parallel=parallel_answers(),
        log_folder=folder,
    )


def fingerprint(spec: str, **settings: Any) -> str:
    """A digest of what determines the answers: the name, the settings, the files of a local model.

    Files count by name, size and modification time; hashing gigabytes would cost more than it saves.
    """
    path = Path(bundle.resolve(spec)).expanduser()
    files = [path] if path.is_file() else sorted(path.iterdir()) if path.is_dir() else []
    stamps = [
        (file.name, file.stat().st_size, file.stat().st_mtime_ns)
        for file in files
        if file.is_file() and file.suffix in _WEIGHT_SUFFIXES
    ]
    text = json.dumps([spec, stamps, settings], sort_keys=True, default=str)
    return short_digest(text)
