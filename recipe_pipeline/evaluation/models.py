"""Which models 07 compares: reading ``--model``, opening a generator for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings

ENDPOINT = "endpoint:"

_LABELLED = re.compile(r"([\w .+()-]{1,40})=(.*)", re.DOTALL)


@dataclass(frozen=True)
class ModelChoice:
    """A column of the table: ``label`` is shown, ``spec`` says what to load.

    ``spec`` is an adapter folder, a model folder, a hub name, ``embedded``, a ``.gguf`` file, or
    ``endpoint:NAME`` (with ``@URL`` behind it for a server other than ``--base-url``).
    """

    label: str
    spec: str

    @property
    def is_endpoint(self) -> bool:
        return self.spec.startswith(ENDPOINT)


@dataclass(frozen=True)
class GenerationSettings:
    """How answers are made. ``server`` and ``prompt`` ("full" or "short") matter to endpoints only,
    ``batch_size`` to local models."""

    max_new_tokens: int = 2048
    batch_size: int = 8
    server: ServerSettings = field(default_factory=ServerSettings)
    prompt: str = "full"


def parse_models(texts: list[str]) -> list[ModelChoice]:
    """``["gemma-3", "base=embedded"]`` -> choices with unique labels.

    Raises PipelineError for an empty name or a label used twice.
    """
    choices: list[ModelChoice] = []
    for text in texts:
        match = _LABELLED.fullmatch(text)
        label, spec = match.groups() if match else ("", text)
        spec = spec.strip()
        if not spec or spec == ENDPOINT:
            raise PipelineError(f"--model {text!r} names no model")
        choices.append(ModelChoice(label.strip() or _default_label(spec), spec))
    labels = [choice.label for choice in choices]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise PipelineError(
            f"two models are called {twice!r}: name them apart, e.g. --model one={choices[0].spec}"
        )
    return choices


def _default_label(spec: str) -> str:
    if spec.startswith(ENDPOINT):
        return spec[len(ENDPOINT) :].partition("@")[0]
    return spec if len(spec) <= 40 else Path(spec).name


def settings_of(choice: ModelChoice, settings: GenerationSettings) -> dict[str, Any]:
    """The settings that change this model's answers (for `answer_store.fingerprint`)."""
    relevant: dict[str, Any] = {"max_new_tokens": settings.max_new_tokens}
    if choice.is_endpoint:
        relevant |= {"prompt": settings.prompt, "base_url": _address(choice, settings)[1]}
    elif prompt := _trained_prompt(choice):
        relevant["system_prompt"] = prompt
    return relevant


def _trained_prompt(choice: ModelChoice) -> str | None:
    from recipe_pipeline.models.generator import trained_prompt

    return trained_prompt(Path(choice.spec).expanduser())


def open_generator(
    choice: ModelChoice, settings: GenerationSettings, folder: Path, posts: Sequence[str] = ()
) -> Any:
    """A generator with ``.generate`` and ``.answer_tokens``; some log failures in ``folder``.

    ``posts`` are what it will be asked about: llama.cpp wants to know how much it must hold. Raises
    PipelineError when the model cannot be loaded.
    """
    if choice.spec.lower().endswith(".gguf"):
        from recipe_pipeline.models.gguf import context_for, load_gguf

        prompt = _trained_prompt(choice)
        return load_gguf(
            choice.spec,
            context_length=context_for(choice.spec, posts, settings.max_new_tokens, prompt),
            system_prompt=prompt,
            log_folder=folder,
        )
    if not choice.is_endpoint:
        from recipe_pipeline.models.generator import load_generator

        return load_generator(
            choice.spec, batch_size=settings.batch_size, system_prompt=_trained_prompt(choice)
        )
    from recipe_pipeline.models.endpoint import EndpointGenerator

    name, base_url = _address(choice, settings)
    server = replace(settings.server, model=name, base_url=base_url)
    runner = RunnerSettings(max_retries=3, server_wait=60.0)
    return EndpointGenerator(server, choice.label, folder, settings.prompt, runner)


def _address(choice: ModelChoice, settings: GenerationSettings) -> tuple[str, str]:
    """(model name, base URL) of an endpoint; a model name may hold "@" itself."""
    name, at, url = choice.spec[len(ENDPOINT) :].rpartition("@")
    if at and url.startswith(("http://", "https://")):
        return name, url
    return choice.spec[len(ENDPOINT) :], settings.server.base_url
