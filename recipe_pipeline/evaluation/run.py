"""07 from start to end: answers of every model, scores, files, report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common.stage_folder import FAILURES_NAME, locked
from recipe_pipeline.common.wording import counted
from recipe_pipeline.evaluation.answers import answer_documents
from recipe_pipeline.evaluation.data import EvaluationDocument, load_documents
from recipe_pipeline.evaluation.metrics import HEADLINE, PAGE_HEADLINE
from recipe_pipeline.evaluation.output import ModelResult, write_results
from recipe_pipeline.evaluation.page_answers import user_answer
from recipe_pipeline.evaluation.scoring import score_document
from recipe_pipeline.evaluation.settings import FIRST_ANSWERS, EvaluationSettings, ModelChoice
from recipe_pipeline.evaluation.summary import Summary, aggregate, format_losses, format_table

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
    """The results of a run (two of each model: of its first answers, and of those that 08 gives), the
    files it wrote and remarks for the user. ``of_pages``: some documents were web pages.
    """

    results: list[ModelResult]
    files: list[Path]
    notes: list[str]
    of_pages: bool = False


def evaluate(settings: EvaluationSettings) -> EvaluationResult:
    """Answer, score and report; existing answers are reused.

    Raises PipelineError for a dataset, model or server that cannot be used.
    """
    documents = load_documents(settings.dataset, settings.limit)
    with locked(settings.output):
        failures = settings.output / FAILURES_NAME
        failures.unlink(missing_ok=True)
        results = [
            result
            for choice in settings.models
            for result in _evaluate(choice, documents, settings)
        ]
        notes = [
            f"{result.summary.model}: no answer for {result.failed} of {counted(len(documents), 'document')}, "
            f"which counts as an empty answer (see {failures})"
            for result in results
            if result.failed and not result.is_first
        ]
        files = write_results(settings, documents, results)
    return EvaluationResult(results, files, notes, any(d.page is not None for d in documents))


def _evaluate(
    choice: ModelChoice,
    documents: list[EvaluationDocument],
    settings: EvaluationSettings,
) -> list[ModelResult]:
    """The results of a model: of its first answers, and of those that 08 gives."""
    store, failed = answer_documents(choice, documents, settings)
    reads = [store.text_read(document) for document in documents]

    def scored(answers: list[str], is_first: bool) -> ModelResult:
        scores = [
            score_document(a, d.gold, read, page=d.page, groups=d.groups)
            for a, d, read in zip(answers, documents, reads, strict=True)
        ]
        label = choice.label + (FIRST_ANSWERS if is_first else "")
        summary = aggregate(scores, label, {} if is_first else store.speed())
        return ModelResult(summary, choice.spec, answers, scores, failed, is_first)

    first = [next(iter(store.get(document)), "") for document in documents]
    final = [
        user_answer(store.get(d), read, d.title) for d, read in zip(documents, reads, strict=True)
    ]
    return [scored(first, is_first=True), scored(final, is_first=False)]


def format_result(result: EvaluationResult) -> str:
    """The text that 07 prints: the table, the results by kind of post, notes, files."""
    first = [of_model.summary for of_model in result.results if of_model.is_first]
    final = [of_model.summary for of_model in result.results if not of_model.is_first]
    parts = [
        format_table(final, PAGE_HEADLINE if result.of_pages else HEADLINE),
        "first answers, as the model wrote them (above: as 08 gives them, after further tries and "
        f"checks)\n{format_table(first, PAGE_HEADLINE, intervals=False)}",
    ]
    if result.of_pages:
        parts += map(format_losses, final)
    kinds = {kind for summary in final for kind in summary.groups.get("kind", {})}
    for kind in sorted(kinds) if len(kinds) > 1 else ():
        of_kind = [_of_kind(summary, kind) for summary in final]
        table = format_table(of_kind, KIND_KEYS, intervals=False)
        parts.append(f"kind of post: {kind}\n{table}")
    parts += [f"note: {note}" for note in result.notes]
    parts.append("\n".join(f"wrote {file}" for file in result.files))
    return "\n\n".join(parts)


def _of_kind(summary: Summary, kind: str) -> Summary:
    metrics = summary.groups.get("kind", {}).get(kind, {})
    documents = max((estimate.documents for estimate in metrics.values()), default=0)
    return Summary(summary.model, documents, metrics)
