"""07 from start to end: answers of every model, scores, judge, files, report."""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipe_pipeline.common.stage_folder import FAILURES_NAME, locked
from recipe_pipeline.evaluation.answer_store import AnswerStore, fingerprint, short_digest
from recipe_pipeline.evaluation.data import EvaluationDocument, load_documents
from recipe_pipeline.evaluation.ingredients import resolve_reader
from recipe_pipeline.evaluation.judge import ASPECTS, JudgeTask, Verdict, VerdictStore
from recipe_pipeline.evaluation.models import ModelChoice, open_generator, settings_of
from recipe_pipeline.evaluation.output import ModelResult, write_results
from recipe_pipeline.evaluation.scoring import score_document
from recipe_pipeline.evaluation.settings import EvaluationSettings
from recipe_pipeline.evaluation.summary import Summary, aggregate, format_table

#: What the terminal shows of each kind of post; the report has all.
KIND_KEYS = (
    "schema_valid",
    "name",
    "ingredient_f1",
    "steps_f1",
    "unsupported_ingredients",
    "no_recipe",
    "false_empty",
    "all_dishes",
)


@dataclass
class EvaluationResult:
    """What a run found and the files it wrote."""

    summaries: list[Summary]
    files: list[Path]
    notes: list[str]


def evaluate(settings: EvaluationSettings) -> EvaluationResult:
    """Answer, score, judge and report; what is answered already is not asked again.

    Raises PipelineError for a dataset, model or server that cannot be used.
    """
    reader = resolve_reader(settings.ingredient_reader)
    documents = load_documents(settings.dataset, settings.limit)
    with locked(settings.output):
        return _evaluate(settings, reader, documents)


def _evaluate(
    settings: EvaluationSettings, reader: str, documents: list[EvaluationDocument]
) -> EvaluationResult:
    (settings.output / FAILURES_NAME).unlink(missing_ok=True)
    results, notes = [], []
    for choice in settings.models:
        store = _store(choice, settings)
        failed = answer_documents(choice, documents, store, settings)
        answers = [store.get(document.id, document.post) or "" for document in documents]
        scores = [
            score_document(answer, d.gold, d.post, groups=d.groups, ingredient_reader=reader)
            for answer, d in zip(answers, documents, strict=True)
        ]
        verdicts: list[Verdict | None] = [None] * len(documents)
        results.append(ModelResult(choice, answers, scores, verdicts, store.speed(), failed))
        if failed:
            notes.append(
                f"{choice.label}: {failed} of {len(documents)} posts got no answer and count as "
                f"empty answers (see {settings.output / FAILURES_NAME})"
            )
    if settings.judge is not None:
        notes += judge_results(settings, documents, results)
    summaries = [_summary(result, settings.seed) for result in results]
    files = write_results(settings, documents, results, summaries, reader)
    return EvaluationResult(summaries, files, [*notes, *_reader_note(reader)])


def format_result(result: EvaluationResult) -> str:
    """What 07 prints: the table, the results by kind of post, remarks, the files."""
    parts = [format_table(result.summaries)]
    kinds = {kind for summary in result.summaries for kind in summary.groups.get("kind", {})}
    for kind in sorted(kinds) if len(kinds) > 1 else ():
        of_kind = [_of_group(summary, "kind", kind) for summary in result.summaries]
        table = format_table(of_kind, KIND_KEYS, intervals=False)
        parts.append(f"kind of post: {kind}\n{table}")
    parts += [f"note: {note}" for note in result.notes]
    parts.append("\n".join(f"wrote {file}" for file in result.files))
    return "\n\n".join(parts)


def _of_group(summary: Summary, name: str, value: str) -> Summary:
    metrics = summary.groups.get(name, {}).get(value, {})
    documents = max((estimate.documents for estimate in metrics.values()), default=0)
    return Summary(summary.model, documents, metrics)


def _store(choice: ModelChoice, settings: EvaluationSettings) -> AnswerStore:
    mark = fingerprint(choice.spec, **settings_of(choice, settings.generation))
    folder = settings.output / "answers"
    return AnswerStore(folder, choice.label, mark, settings.overwrite)


def answer_documents(
    choice: ModelChoice,
    documents: list[EvaluationDocument],
    store: AnswerStore,
    settings: EvaluationSettings,
) -> int:
    """Fill ``store`` with the answers it lacks; returns how many posts got none."""
    pending = [d for d in documents if store.get(d.id, d.post) is None]
    if len(pending) < len(documents):
        done = len(documents) - len(pending)
        print(f"{choice.label}: {done} of {len(documents)} answers are there already", flush=True)
    if not pending:
        return 0
    posts = [document.post for document in pending]
    generator = open_generator(choice, settings.generation, settings.output, posts)
    if hasattr(generator, "names"):
        generator.names = [f"{choice.label}: {document.id}" for document in pending]
    _answer_pending(choice.label, generator, pending, store, settings.generation.max_new_tokens)
    failed = getattr(generator, "failed", 0)
    # The next model needs the memory; a model's parts refer to each other.
    del generator
    gc.collect()
    return failed


def _answer_pending(
    label: str,
    generator: Any,
    pending: list[EvaluationDocument],
    store: AnswerStore,
    max_new_tokens: int,
) -> None:
    """Answer with progress; every answer is on the disk as soon as it is there."""
    bar = _progress(label, len(pending))
    started, answered = time.perf_counter(), 0

    def keep(position: int, answer: str) -> None:
        nonlocal answered
        answered += 1
        store.add(pending[position].id, pending[position].post, answer)
        if tokens := getattr(generator, "answer_tokens", 0):
            seconds = max(time.perf_counter() - started, 1e-9)
            bar.set_postfix_str(f"{tokens / seconds:,.0f} tokens/s", refresh=False)
        bar.update(1)

    try:
        generator.generate([document.post for document in pending], max_new_tokens, keep)
    finally:
        bar.close()
        if answered:
            seconds = time.perf_counter() - started
            store.add_run(answered, seconds, getattr(generator, "answer_tokens", 0))


def _progress(label: str, total: int) -> Any:
    from tqdm import tqdm

    # In a log file a line now and then is enough.
    interval = 0.5 if sys.stderr.isatty() else 15.0
    return tqdm(total=total, desc=label[:30], unit="post", mininterval=interval, smoothing=0.1)


def judge_results(
    settings: EvaluationSettings,
    documents: list[EvaluationDocument],
    results: list[ModelResult],
) -> list[str]:
    """Add verdicts to ``results`` (and to their scores as ``judge_...``); returns notes."""
    from recipe_pipeline.evaluation.judge import judge_answers

    judge, output = settings.judge, settings.output
    assert judge is not None
    source = f"{judge.base_url.rstrip('/')}:{judge.model}"
    store = VerdictStore(output / "judge.jsonl", settings.overwrite)
    tasks: list[JudgeTask] = []
    keys: dict[str, str] = {}
    for result in results:
        for document, answer in zip(documents, result.answers, strict=True):
            stem = f"{result.choice.label} / {document.id}"
            keys[stem] = f"{source}:{short_digest(document.post)}:{short_digest(answer)}"
            if store.get(keys[stem]) is None:
                tasks.append(JudgeTask(stem, document.post, answer))
    notes = []
    if tasks:
        bar = _progress("judge", len(tasks))
        try:
            report = judge_answers(
                tasks, judge, lambda t, v: store.add(keys[t.stem], v), _Bar(bar), output
            )
        finally:
            bar.close()
        if report.failed:
            notes.append(f"judge: {report.failed} answers could not be graded and are left out")
    for result in results:
        for position, document in enumerate(documents):
            verdict = store.get(keys[f"{result.choice.label} / {document.id}"])
            result.verdicts[position] = verdict
            if verdict is not None:
                grades = {f"judge_{aspect}": (verdict.scores[aspect], 1.0) for aspect in ASPECTS}
                result.scores[position].metrics |= grades
    return notes


class _Bar:
    """A progress bar as the runner's observer."""

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def start(self) -> None:
        """The bar is on the screen already."""

    def advance(self, report: Any) -> None:
        """An answer is graded or has failed."""
        self._bar.update(1)

    def message(self, text: str) -> None:
        """A line above the bar."""
        self._bar.write(text, file=sys.stderr)


def _summary(result: ModelResult, seed: int) -> Summary:
    summary = aggregate(result.scores, result.choice.label, seed=seed)
    summary.speed = result.speed
    return summary


def _reader_note(reader: str) -> list[str]:
    if reader == "ingredient-slicer":
        return [
            "quantity, unit and name of ingredients were read by ingredient-slicer; for the better "
            "ingredient-parser run 'python -m nltk.downloader averaged_perceptron_tagger_eng' once"
        ]
    return []
