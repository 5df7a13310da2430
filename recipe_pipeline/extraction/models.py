"""Who answers in 08: a local model, or one behind an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.extraction.settings import ModelSettings
from recipe_pipeline.extraction.window import estimate_tokens
from recipe_pipeline.llm.client import ChatClient, ChatRequest, preflight
from recipe_pipeline.llm.errors import RequestFailed
from recipe_pipeline.llm.runner import backoff
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.models.generator import LocalGenerator, temperature_of
from recipe_pipeline.models.loading import load_generator
from recipe_pipeline.models.prompts import (
    EXTRACTION_SYSTEM_PROMPT,
    Messages,
    chat,
    extraction_messages,
    user_message,
)
from recipe_pipeline.schema.json_schema import response_format

DEFAULT_MODEL = "./gemma-3"


@dataclass
class LocalModel:
    """A generator on this machine."""

    generator: LocalGenerator
    max_new_tokens: int

    def count_tokens(self, text: str) -> int:
        """Length of ``text`` in the model's own tokens."""
        return self.generator.count_tokens(text)

    def answer(self, posts: list[str], attempt: int = 0) -> list[str]:
        """One raw answer per post: greedy at first, sampled in further attempts."""
        return self.generator.generate(posts, self.max_new_tokens, repeat=attempt)

    @property
    def batch_size(self) -> int:
        """Number of posts that are best answered together."""
        return self.generator.batch_size

    @property
    def answer_tokens(self) -> int:
        """Tokens written so far."""
        return self.generator.answer_tokens


@dataclass(frozen=True)
class ServerModel:
    """A model behind a server."""

    server: ServerSettings
    settings: ModelSettings
    runner: RunnerSettings = field(default_factory=RunnerSettings)

    def count_tokens(self, text: str) -> int:
        """An estimate: the tokenizer is on the server."""
        return estimate_tokens(text)

    def request(self, post: str, attempt: int = 0) -> ChatRequest:
        """The request for ``post``: greedy at first, sampled in further attempts."""
        options: dict[str, Any] = {
            "temperature": temperature_of(attempt),
            "seed": attempt,
            "max_tokens": self.settings.max_new_tokens,
        }
        if self.settings.constrained:
            options["response_format"] = response_format()
        return ChatRequest(messages_for(post, self.settings.full_instructions), options)

    def answer(self, posts: list[str], attempt: int = 0) -> list[str]:
        """One raw answer per post. Raises PipelineError."""
        return asyncio.run(self._answer([self.request(post, attempt) for post in posts]))

    async def _answer(self, requests: list[ChatRequest]) -> list[str]:
        async with ChatClient(self.server) as client:
            return [await self._complete(client, request) for request in requests]

    async def _complete(self, client: ChatClient, request: ChatRequest) -> str:
        rng = random.Random(0)
        for errors in itertools.count(1):
            try:
                return (await client.complete(request)).text
            except RequestFailed as failure:
                if not failure.transient or errors > self.runner.max_retries:
                    advice = " or run without --constrained" if self.settings.constrained else ""
                    raise PipelineError(
                        f"the server at {self.server.base_url} gives no answer "
                        f"({failure.detail}): check its log{advice}"
                    ) from None
                await asyncio.sleep(failure.retry_after or backoff(errors, rng))
        raise AssertionError("unreachable")


Model = LocalModel | ServerModel


def messages_for(post: str, full_instructions: bool = False) -> Messages:
    """The chat for a server: as in training, or with full instructions for any other model."""
    if full_instructions:
        return extraction_messages(post)
    return chat(EXTRACTION_SYSTEM_PROMPT, user_message(post))


def load_local(settings: ModelSettings) -> LocalModel:
    """The model that ``settings.model`` names: adapter, model folder, hub name, "embedded", GGUF file
    or a folder with one. Raises PipelineError if it cannot be loaded."""
    spec = settings.model
    if spec is None:
        spec = DEFAULT_MODEL
        if not Path(spec).is_dir():
            raise PipelineError(
                f"there is no model in {spec}: run 05_finetune.py first, or name a model with "
                "--model or a server with --base-url"
            )
    generator = load_generator(
        spec, context_length=settings.context_length, constrained=settings.constrained
    )
    if settings.constrained and not generator.constrained:
        print(
            "this kind of model does not support --constrained: answers are not constrained",
            file=sys.stderr,
            flush=True,
        )
    return LocalModel(generator, settings.max_new_tokens)


def connect(server: ServerSettings, settings: ModelSettings, runner: RunnerSettings) -> ServerModel:
    """Check the server; an empty model name means its first model.

    Raises PipelineError if it does not answer, refuses the key or lacks the model.
    """
    return ServerModel(asyncio.run(_checked(server)), settings, runner)


async def _checked(server: ServerSettings) -> ServerSettings:
    if not server.model:
        async with ChatClient(server) as client:
            server = replace(server, model=await _first_model(client))
    async with ChatClient(server) as client:
        await preflight(client)
    return server


async def _first_model(client: ChatClient) -> str:
    try:
        names = await client.models()
    except RequestFailed:
        names = None  # preflight reports what is wrong
    return names[0] if names else "default"
