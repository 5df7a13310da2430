"""Who answers in 08: a local model, or one behind an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.settings import ExtractionSettings, ModelSettings
from recipe_pipeline.extraction.window import estimate_tokens
from recipe_pipeline.llm.client import ChatClient, ChatRequest
from recipe_pipeline.llm.errors import RequestFailed
from recipe_pipeline.llm.preflight import preflight
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.models import bundle
from recipe_pipeline.models.endpoint import answer_request
from recipe_pipeline.models.generator import LocalGenerator, OnAnswer
from recipe_pipeline.models.loading import load_generator

DEFAULT_MODEL = "./gemma-3"


@dataclass(frozen=True)
class ServerModel:
    """A model behind a server: `request` is for the runner, `generate` for a single document."""

    server: ServerSettings
    runner: RunnerSettings
    full_instructions: bool = False
    constrained: bool = False

    def count_tokens(self, text: str) -> int:
        """An estimate: the tokenizer is on the server."""
        return estimate_tokens(text)

    def request(self, post: str, max_new_tokens: int, repeat: int = 0) -> ChatRequest:
        """The request for ``post``."""
        return answer_request(
            post, max_new_tokens, repeat, self.full_instructions, self.constrained
        )

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int,
        on_answer: OnAnswer | None = None,
        *,
        repeat: int = 0,
    ) -> list[str]:
        """One raw answer per post, one after the other. Raises PipelineError."""
        requests = [self.request(post, max_new_tokens, repeat) for post in posts]
        try:
            answers = asyncio.run(self._answers(requests))
        except RequestFailed as failure:
            advice = " or run without --constrained" if self.constrained else ""
            raise PipelineError(
                f"the server at {self.server.base_url} gives no answer ({failure.detail}): check its "
                f"log{advice}"
            ) from None
        for position, answer in enumerate(answers):
            if on_answer is not None:
                on_answer(position, answer)
        return answers

    async def _answers(self, requests: list[ChatRequest]) -> list[str]:
        retries = self.runner.max_retries
        async with ChatClient(self.server) as client:
            return [(await client.complete(request, retries)).text for request in requests]


Model = LocalGenerator | ServerModel


def load_model(settings: ExtractionSettings, parallel: int = 1) -> Model:
    """The model that the settings name, ready to answer; ``parallel``: see `load_local`.

    Raises PipelineError.
    """
    if settings.server is None:
        return load_local(settings.model, parallel)
    return ServerModel(
        asyncio.run(_checked(settings.server, settings.runner.server_wait)),
        settings.runner,
        settings.model.full_instructions,
        settings.model.constrained,
    )


def load_local(settings: ModelSettings, parallel: int = 1) -> LocalGenerator:
    """The local model that ``settings.model`` names; a GGUF model answers ``parallel`` posts at once.

    Raises PipelineError.
    """
    generator = load_generator(
        settings.model or _default_model(),
        context_length=settings.context_length,
        constrained=settings.constrained,
        parallel=parallel,
    )
    if settings.constrained and not generator.constrained:
        print(
            "this kind of model does not support --constrained: answers are not constrained",
            file=sys.stderr,
        )
    return generator


def _default_model() -> str:
    """The user's own model if there is one, else the bundled one; says which."""
    if Path(DEFAULT_MODEL).is_dir():
        model, description = DEFAULT_MODEL, DEFAULT_MODEL
    elif bundle.is_there():
        model = bundle.BUNDLED
        description = f"the bundled one (there is no {DEFAULT_MODEL})"
    else:
        raise PipelineError(
            f"no model in {DEFAULT_MODEL}, and this version comes without one: run "
            "05_finetune.py first, or name a model with --model or a server with --base-url"
        )
    print(f"model: {description}", file=sys.stderr, flush=True)
    return model


async def _checked(server: ServerSettings, wait: float) -> ServerSettings:
    """``server`` with the name of its first model if it has none yet.

    Raises PipelineError if it does not answer or refuses the key.
    """
    async with ChatClient(server) as client:
        names = await preflight(client, wait)
    return server if server.model else replace(server, model=names[0] if names else "default")
