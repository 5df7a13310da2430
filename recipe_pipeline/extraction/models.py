"""Who answers in 08: a local model, or one behind an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import FailureLog
from recipe_pipeline.extraction.settings import ExtractionSettings, ModelSettings
from recipe_pipeline.extraction.window import estimate_tokens
from recipe_pipeline.llm.client import ChatClient, ChatRequest
from recipe_pipeline.llm.completion import Reply
from recipe_pipeline.llm.errors import RequestFailed
from recipe_pipeline.llm.preflight import preflight
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.models import bundle
from recipe_pipeline.models.generator import Generator, OnAnswer, temperature_of
from recipe_pipeline.models.loading import load_generator
from recipe_pipeline.models.prompts import (
    EXTRACTION_SYSTEM_PROMPT,
    chat,
    extraction_messages,
    user_message,
)
from recipe_pipeline.schema.json_schema import response_format

DEFAULT_MODEL = "./gemma-3"


@dataclass
class ServerModel:
    """A model behind a server; see ``models.generator.Generator``. Threads may share it.

    ``full_instructions`` sends those of stage 3, which a general model needs; otherwise the chat is that
    of the dataset. ``constrained`` asks for decoding under the recipe schema. A post without an answer
    is logged in ``log_folder``; without a ``log_folder`` it raises PipelineError.
    """

    server: ServerSettings
    runner: RunnerSettings
    full_instructions: bool = False
    constrained: bool = False
    log_folder: Path | None = None
    context_length: int | None = None
    answer_tokens: int = 0
    failed: int = 0

    @property
    def name(self) -> str:
        """The model's name on the server."""
        return self.server.model

    @property
    def batch_size(self) -> int:
        """Requests in flight."""
        return self.server.concurrency

    parallel = batch_size

    def count_tokens(self, text: str) -> int:
        """An estimate: the tokenizer is on the server."""
        return estimate_tokens(text)

    def request(self, post: str, max_new_tokens: int, repeat: int = 0) -> ChatRequest:
        """The request for ``post``: greedy at first, sampled in retries."""
        options: dict[str, Any] = {
            "temperature": temperature_of(repeat),
            "seed": repeat,
            "max_tokens": max_new_tokens,
        }
        if self.constrained:
            options["response_format"] = response_format()
        if self.full_instructions:
            return ChatRequest(extraction_messages(post), options)
        return ChatRequest(chat(EXTRACTION_SYSTEM_PROMPT, user_message(post)), options)

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int,
        on_answer: OnAnswer | None = None,
        *,
        repeat: int = 0,
        names: Sequence[str] = (),
    ) -> list[str]:
        """See ``Generator.generate``. Raises PipelineError when the server is gone or refuses the key."""
        answers = [""] * len(posts)
        slots = asyncio.Semaphore(self.server.concurrency)

        async def answer(client: ChatClient, position: int) -> None:
            request = self.request(posts[position], max_new_tokens, repeat)
            name = names[position] if names else f"document {position + 1}"
            async with slots:
                reply = await self._ask(client, request, name)
            if reply is None:
                return
            answers[position] = reply.text
            self.answer_tokens += reply.completion_tokens
            if on_answer is not None:
                on_answer(position, reply.text)

        async def answer_all() -> None:
            async with ChatClient(self.server) as client:
                await asyncio.gather(*(answer(client, n) for n in range(len(posts))))

        asyncio.run(answer_all())
        return answers

    async def _ask(self, client: ChatClient, request: ChatRequest, name: str) -> Reply | None:
        try:
            return await client.complete(request, self.runner.max_retries)
        except RequestFailed as failure:
            ends_all = failure.fatal or failure.reason == "unreachable"
            if self.log_folder is None or ends_all:
                advice = " or run without --constrained" if self.constrained else ""
                raise PipelineError(
                    f"the server at {self.server.base_url} gives no answer ({failure.detail}): check "
                    f"its log{advice}"
                ) from None
            self.failed += 1
            FailureLog(self.log_folder).add(name, failure.reason, failure.detail)
            return None


def load_model(settings: ExtractionSettings, parallel: int = 1) -> Generator:
    """The model that the settings name, ready to answer; ``parallel``: see `load_local`.

    Raises PipelineError.
    """
    if settings.server is None:
        return load_local(settings.model, parallel)
    return open_server(
        settings.server,
        settings.runner,
        full_instructions=settings.model.full_instructions,
        constrained=settings.model.constrained,
    )


def open_server(server: ServerSettings, runner: RunnerSettings, **options: Any) -> ServerModel:
    """The model on ``server``, or its first one; ``options``: see `ServerModel`.

    Raises PipelineError if the server does not answer or refuses the key.
    """

    async def models() -> list[str] | None:
        async with ChatClient(server) as client:
            return await preflight(client, runner.server_wait)

    names = asyncio.run(models())
    if not server.model:
        server = replace(server, model=names[0] if names else "default")
    return ServerModel(server, runner, **options)


def load_local(settings: ModelSettings, parallel: int = 1) -> Generator:
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
    is_own = Path(DEFAULT_MODEL).is_dir()
    which = DEFAULT_MODEL if is_own else f"the bundled one (there is no {DEFAULT_MODEL})"
    print(f"model: {which}", file=sys.stderr, flush=True)
    return DEFAULT_MODEL if is_own else bundle.BUNDLED
