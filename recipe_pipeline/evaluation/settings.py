"""The flags of 07 and the settings they stand for. Imports nothing heavy: it serves ``--help``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, replace
from pathlib import Path

from recipe_pipeline.common import cli
from recipe_pipeline.evaluation.models import GenerationSettings, ModelChoice, parse_models
from recipe_pipeline.llm.settings import ServerSettings

DEFAULT_ADAPTER = "gemma-3"


@dataclass(frozen=True)
class EvaluationSettings:
    """What 07 was asked for. ``limit`` None or 0: all documents."""

    dataset: Path
    models: tuple[ModelChoice, ...]
    output: Path = Path("evaluation")
    limit: int | None = None
    generation: GenerationSettings = field(default_factory=GenerationSettings)
    ingredient_reader: str = "auto"
    judge: ServerSettings | None = None
    seed: int = 0
    overwrite: bool = False
    report_documents: int = 300


def add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    """All flags of 07."""
    add = parser.add_argument
    add(
        "--dataset",
        type=Path,
        default="./finetuning_dataset_test.jsonl",
        help="documents with gold",
    )
    add(
        "--model",
        action="append",
        metavar="[LABEL=]MODEL",
        help=f"a model to measure, any number of times (None: {DEFAULT_ADAPTER})",
    )
    add("--output", type=Path, default="./evaluation", help="folder of the results")
    add(
        "--limit",
        type=cli.non_negative_int,
        default=None,
        help="documents to take (None or 0: all)",
    )
    add("--overwrite", action="store_true", help="answer and grade also what is done")
    add("--seed", type=int, default=0, help="seed of the bootstrap intervals")
    add(
        "--ingredient-reader",
        choices=("auto", "ingredient-parser", "ingredient-slicer", "off"),
        default="auto",
        help="what reads quantity, unit and name of ingredient lines",
    )
    add(
        "--report-documents",
        type=cli.non_negative_int,
        default=300,
        help="documents to show in the report, worst first",
    )
    _add_answer_arguments(parser.add_argument_group("answers (always greedy)"))
    judge = parser.add_argument_group("LLM judge (off by default)")
    judge.add_argument(
        "--judge-model", default=None, help="name of the model that grades (None: no judge)"
    )
    judge.add_argument("--judge-base-url", default=None, help="its server (None: --base-url)")
    judge.add_argument("--judge-api-key", default=None, help="its key (None: --api-key)")


def _add_answer_arguments(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--max-new-tokens", type=cli.positive_int, default=2048, help="longest answer in tokens")
    add("--batch-size", type=cli.positive_int, default=8, help="posts at once (local models)")
    add("--base-url", default=cli.DEFAULT_BASE_URL, help="server of endpoint:NAME and the judge")
    add("--api-key", default=cli.DEFAULT_API_KEY, help="key the server asks for")
    add("--concurrency", type=cli.positive_int, default=8, help="requests at once (endpoints)")
    add("--timeout", type=float, default=600.0, help="longest time for one request, in seconds")
    add(
        "--prompt",
        choices=("full", "short"),
        default="full",
        help="instructions sent to endpoints: full for general models, short for finetuned ones",
    )


def settings_from(args: argparse.Namespace) -> EvaluationSettings:
    """The settings that the flags stand for. Raises PipelineError for a bad ``--model``."""
    generation = GenerationSettings(
        max_new_tokens=args.max_new_tokens,
        batch_size=args.batch_size,
        server=ServerSettings(
            base_url=args.base_url,
            api_key=args.api_key,
            concurrency=args.concurrency,
            timeout=args.timeout,
        ),
        prompt=args.prompt,
    )
    judge = None
    if args.judge_model:
        judge = replace(
            generation.server,
            model=args.judge_model,
            base_url=args.judge_base_url or args.base_url,
            api_key=args.judge_api_key or args.api_key,
        )
    return EvaluationSettings(
        dataset=args.dataset,
        models=tuple(parse_models(args.model or [DEFAULT_ADAPTER])),
        output=args.output,
        limit=args.limit,
        generation=generation,
        ingredient_reader=args.ingredient_reader,
        judge=judge,
        seed=args.seed,
        overwrite=args.overwrite,
        report_documents=args.report_documents,
    )
