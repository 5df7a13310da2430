"""07 from start to end: answers of every model, scores, judge, files, report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common.stage_folder import FAILURES_NAME, locked
from recipe_pipeline.evaluation.answers import answer_documents
from recipe_pipeline.evaluation.data import EvaluationDocument, load_documents
from recipe_pipeline.evaluation.ingredients import resolve_reader
from recipe_pipeline.evaluation.judge import ASPECTS, JudgeTask, judge_answers
from recipe_pipeline.evaluation.output import ModelResult, write_results
from recipe_pipeline.evaluation.scoring import score_document
from recipe_pipeline.evaluation.settings import EvaluationSettings, ModelChoice
from recipe_pipeline.evaluation.summary import Summary, aggregate, format_table

#: What the terminal shows of each kind of post; the report has all metrics.
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
    """The summaries of a run, the files it wrote and remarks for the user."""

    summaries: list[Summary]
    files: list[Path]
    notes: list[str]


def evaluate(settings: EvaluationSettings) -> EvaluationResult:
    """Answer, score, judge and report; existing answers and verdicts are reused.

    Raises PipelineError for a dataset, model or server that cannot be used.
    """
    reader = resolve_reader(settings.ingredient_reader)
    documents = load_documents(settings.dataset, settings.limit)
    with locked(settings.output):
        failures = settings.output / FAILURES_NAME
        failures.unlink(missing_ok=True)
        results = [_evaluate(choice, documents, reader, settings) for choice in settings.models]
        notes = [
            f"{result.choice.label}: {result.failed} of {len(documents)} posts got no answer and "
            f"count as empty answers (see {failures})"
            for result in results
            if result.failed
        ]
        if settings.judge is not None:
            notes += _judge(results, documents, settings)
        summaries = [
            aggregate(result.scores, result.choice.label, speed=result.speed, seed=settings.seed)
            for result in results
        ]
        files = write_results(settings, documents, results, summaries, reader)
    if reader == "ingredient-slicer":
        notes.append(
            "ingredient lines were parsed by ingredient-slicer; for the more accurate "
            "ingredient-parser run 'python -m nltk.downloader averaged_perceptron_tagger_eng' once"
        )
    return EvaluationResult(summaries, files, notes)


def _evaluate(
    choice: ModelChoice,
    documents: list[EvaluationDocument],
    reader: str,
    settings: EvaluationSettings,
) -> ModelResult:
    store, failed = answer_documents(choice, documents, settings)
    answers = [store.get(document.id, document.post) or "" for document in documents]
    scores = [
        score_document(answer, d.gold, d.post, groups=d.groups, ingredient_reader=reader)
        for answer, d in zip(answers, documents, strict=True)
    ]
    return ModelResult(choice, answers, scores, [None] * len(documents), store.speed(), failed)


def _judge(
    results: list[ModelResult], documents: list[EvaluationDocument], settings: EvaluationSettings
) -> list[str]:
    """Add verdicts to ``results`` and ``judge_...`` metrics to their scores; returns notes."""
    assert settings.judge is not None
    tasks = {
        (number, position): JudgeTask(
            f"{result.choice.label} / {document.id}", document.post, answer
        )
        for number, result in enumerate(results)
        for position, (document, answer) in enumerate(zip(documents, result.answers, strict=True))
    }
    verdicts, failed = judge_answers(
        list(tasks.values()), settings.judge, settings.output, settings.overwrite
    )
    for (number, position), task in tasks.items():
        if verdict := verdicts.get(task.stem):
            results[number].verdicts[position] = verdict
            results[number].scores[position].metrics |= {
                f"judge_{aspect}": (verdict.scores[aspect], 1.0) for aspect in ASPECTS
            }
    return [f"judge: {failed} answers could not be graded and are left out"] if failed else []


def format_result(result: EvaluationResult) -> str:
    """The text that 07 prints: the table, the results by kind of post, notes, files."""
    parts = [format_table(result.summaries)]
    kinds = {kind for summary in result.summaries for kind in summary.groups.get("kind", {})}
    for kind in sorted(kinds) if len(kinds) > 1 else ():
        of_kind = [_of_kind(summary, kind) for summary in result.summaries]
        table = format_table(of_kind, KIND_KEYS, intervals=False)
        parts.append(f"kind of post: {kind}\n{table}")
    parts += [f"note: {note}" for note in result.notes]
    parts.append("\n".join(f"wrote {file}" for file in result.files))
    return "\n\n".join(parts)


def _of_kind(summary: Summary, kind: str) -> Summary:
    metrics = summary.groups.get("kind", {}).get(kind, {})
    documents = max((estimate.documents for estimate in metrics.values()), default=0)
    return Summary(summary.model, documents, metrics)
