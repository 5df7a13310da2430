"""Settings and flags of 07. Imports nothing heavy: ``--help`` loads it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from recipe_pipeline.common import flags
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import add_flags, check, flag
from recipe_pipeline.llm.settings import ServerSettings

DEFAULT_MODEL = "gemma-3"
ENDPOINT = "endpoint:"
FIRST_ANSWERS = ", first answers"
"""Behind the label of a model: its greedy first answers, without 08's further tries and checks."""

_LABELLED = re.compile(r"([\w .+()-]{1,40})=(.*)", re.DOTALL)


@dataclass(frozen=True)
class ModelChoice:
    """A column of the table: ``label`` is shown, ``spec`` names the model.

    ``spec`` is an adapter folder, a model folder, a hub name, ``embedded``, ``bundled``, a ``.gguf``
    file, or ``endpoint:NAME`` (followed by ``@URL`` for a server other than ``--base-url``).
    """

    label: str
    spec: str

    @property
    def is_endpoint(self) -> bool:
        return self.spec.startswith(ENDPOINT)

    def server(self, default: ServerSettings) -> ServerSettings:
        """The server of an endpoint model. The model's name may contain "@" itself."""
        rest = self.spec.removeprefix(ENDPOINT)
        name, at, url = rest.rpartition("@")
        if at and url.startswith(("http://", "https://")):
            return replace(default, model=name, base_url=url)
        return replace(default, model=rest)


@dataclass(frozen=True)
class AnswerSettings:
    """How models answer. ``batch_size`` is for transformers, ``prompt`` for endpoints."""

    max_new_tokens: int = flag(2048, "maximum length of an answer in tokens", at_least=1)
    batch_size: int = flag(
        8,
        "posts per batch (adapters and model folders; GGUF files answer one at a time)",
        at_least=1,
    )
    prompt: str = flag(
        "full",
        "instructions for endpoints: full for general models, short for finetuned ones",
        choices=("full", "short"),
    )
    tries: int = flag(
        3,
        "attempts to get a valid recipe, as in 08",
        at_least=1,
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class EvaluationSettings:
    """What 07 evaluates. ``server`` is for ``endpoint:`` models."""

    dataset: Path = flag(
        Path("./finetuning_dataset_test.jsonl"),
        "JSON lines file of posts or web pages with gold, or a folder of pages with an index.jsonl",
    )
    models: tuple[ModelChoice, ...] = (ModelChoice(DEFAULT_MODEL, DEFAULT_MODEL),)
    output: Path = flag(Path("./evaluation"), "folder of the results")
    limit: int | None = flag(None, "number of documents (None or 0: all)", at_least=0)
    overwrite: bool = flag(False, "answer again what is already answered")
    answers: AnswerSettings = field(default_factory=AnswerSettings)
    server: ServerSettings = field(default_factory=ServerSettings)

    def __post_init__(self) -> None:
        check(self)


def add_evaluation_flags(parser: argparse.ArgumentParser) -> None:
    """All flags of 07."""
    parser.add_argument(
        "--model",
        action="append",
        metavar="[LABEL=]MODEL",
        help=f"a model to evaluate, can be repeated (None: {DEFAULT_MODEL})",
    )
    add_flags(parser, EvaluationSettings)
    add_flags(
        parser.add_argument_group("answers (greedy; further tries are sampled)"), AnswerSettings
    )
    server = parser.add_argument_group("server of endpoint:NAME models")
    add_flags(server, ServerSettings, leave_out=("model",))


def settings_from(args: argparse.Namespace) -> EvaluationSettings:
    """The settings from parsed flags. Raises PipelineError for an invalid value."""
    models = parse_models(args.model or [DEFAULT_MODEL])
    return flags.settings_from(
        EvaluationSettings,
        args,
        models=tuple(models),
        answers=flags.settings_from(AnswerSettings, args),
        server=flags.settings_from(ServerSettings, args, model=""),
    )


def parse_models(texts: Sequence[str]) -> list[ModelChoice]:
    """``["gemma-3", "base=embedded"]`` -> choices with unique labels.

    Raises PipelineError for an empty name or a label used twice.
    """
    choices: list[ModelChoice] = []
    for text in texts:
        match = _LABELLED.fullmatch(text)
        label, spec = match.groups() if match else ("", text)
        spec = spec.strip()
        if not spec or spec == ENDPOINT:
            raise PipelineError(f"--model {text!r} does not name a model")
        choices.append(ModelChoice(label.strip() or _default_label(spec), spec))
    labels = [choice.label for choice in choices]
    duplicate = next((label for label in labels if labels.count(label) > 1), None)
    if duplicate is not None:
        raise PipelineError(
            f"two models have the label {duplicate!r}: label them, e.g. --model "
            f"one={choices[0].spec}"
        )
    return choices


def _default_label(spec: str) -> str:
    if spec.startswith(ENDPOINT):
        return spec.removeprefix(ENDPOINT).partition("@")[0]
    return spec if len(spec) <= 40 else Path(spec).name
