"""The answers of one model: from the disk as far as they are there, else from the model.

Answers are stored as they arrive, one JSON lines file per model, so that a killed run can continue.
The first line is a fingerprint of what determines the answers; when that has changed (an adapter
retrained under the same name, another answer length), the file is started again.
"""

from __future__ import annotations

import gc
import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.jsonl import JsonlStore
from recipe_pipeline.common.progress import Progress, RunReport
from recipe_pipeline.common.seeding import text_digest
from recipe_pipeline.common.storage import slugify
from recipe_pipeline.evaluation.data import EvaluationDocument
from recipe_pipeline.evaluation.settings import EvaluationSettings, ModelChoice
from recipe_pipeline.llm.settings import RunnerSettings
from recipe_pipeline.models import bundle
from recipe_pipeline.models.adapter import trained_prompt
from recipe_pipeline.models.endpoint import EndpointGenerator
from recipe_pipeline.models.generator import Generator
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
    pending = [d for d in documents if store.get(d.id, d.post) is None]
    if len(pending) < len(documents):
        done = len(documents) - len(pending)
        print(f"{choice.label}: {done} of {len(documents)} answers are already there", flush=True)
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
    posts = [document.post for document in pending]
    generator = open_generator(choice, settings)
    names = [f"{choice.label}: {document.id}" for document in pending]
    progress, report = Progress(choice.label[:30], len(pending)), RunReport()
    started = time.perf_counter()

    def keep(position: int, answer: str) -> None:
        store.add(pending[position].id, posts[position], answer)
        report.done += 1
        report.completion_tokens = generator.answer_tokens
        progress.advance(report)

    progress.start()
    try:
        generator.generate(posts, settings.answers.max_new_tokens, keep, names=names)
    finally:
        progress.close()
        if report.done:
            store.add_run(report.done, time.perf_counter() - started, generator.answer_tokens)
    return generator.failed


def settings_of(choice: ModelChoice, settings: EvaluationSettings) -> dict[str, Any]:
    """The settings that change this model's answers, for its `fingerprint`."""
    relevant: dict[str, Any] = {"max_new_tokens": settings.answers.max_new_tokens}
    if choice.is_endpoint:
        base_url = choice.server(settings.server).base_url
        relevant |= {"prompt": settings.answers.prompt, "base_url": base_url}
    elif prompt := trained_prompt(Path(bundle.resolve(choice.spec)).expanduser()):
        relevant["system_prompt"] = prompt
    return relevant


def open_generator(choice: ModelChoice, settings: EvaluationSettings) -> Generator:
    """The generator of ``choice``. Raises PipelineError when the model cannot be loaded."""
    answers, folder = settings.answers, settings.output
    if choice.is_endpoint:
        runner = RunnerSettings(max_retries=3, server_wait=60.0)
        server = choice.server(settings.server)
        return EndpointGenerator(server, choice.label, folder, answers.prompt, runner)
    return load_generator(choice.spec, batch_size=answers.batch_size, log_folder=folder)


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
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def short_digest(text: str) -> str:
    """Identifies a post or an answer."""
    return text_digest(text)[:16]


class AnswerStore:
    """The answers of one model by document and post, and the speed of the runs that wrote them."""

    def __init__(self, folder: Path, label: str, fingerprint: str, overwrite: bool = False) -> None:
        name = hashlib.sha256(label.encode("utf-8", "replace")).hexdigest()[:8]
        self._file = JsonlStore(folder / f"{slugify(label)}-{name}.jsonl")
        header = {"model": label, "fingerprint": fingerprint}
        rows = list(self._file.rows())
        if overwrite or rows[:1] != [header]:
            self._file.rewrite([header])
            rows = []
        self._answers = {(row["id"], row["post"]): row["answer"] for row in rows if "answer" in row}
        self._runs: list[dict[str, float]] = [row["run"] for row in rows if "run" in row]

    def get(self, document_id: str, post: str) -> str | None:
        """The answer to exactly this post, if there is one."""
        return self._answers.get((document_id, short_digest(post)))

    def add(self, document_id: str, post: str, answer: str) -> None:
        """Store an answer; it is on the disk when this returns."""
        digest = short_digest(post)
        self._answers[document_id, digest] = answer
        self._file.append({"id": document_id, "post": digest, "answer": answer})

    def add_run(self, documents: int, seconds: float, tokens: int) -> None:
        """Store the speed of a run: ``tokens`` of answers written in ``seconds``."""
        run = {"documents": documents, "seconds": round(seconds, 6), "tokens": tokens}
        self._runs.append(run)
        self._file.append({"run": run})

    def speed(self) -> dict[str, float]:
        """ "tokens_per_second" and "documents_per_minute" over all runs; {} without a run."""
        seconds = sum(run["seconds"] for run in self._runs)
        if not seconds:
            return {}
        documents = sum(run["documents"] for run in self._runs)
        speed = {"documents_per_minute": 60 * documents / seconds}
        if tokens := sum(run["tokens"] for run in self._runs):
            speed["tokens_per_second"] = tokens / seconds
        return speed
