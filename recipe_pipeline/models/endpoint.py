"""Answers from a model behind an OpenAI-compatible server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.progress import MessagesOnly
from recipe_pipeline.common.stage_folder import FailureLog
from recipe_pipeline.llm.client import ChatClient, ChatRequest
from recipe_pipeline.llm.completion import Reply
from recipe_pipeline.llm.preflight import preflight
from recipe_pipeline.llm.runner import Runner, RunReport
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.llm.stage import StageRun
from recipe_pipeline.models.generator import DEFAULT_MAX_NEW_TOKENS, OnAnswer, temperature_of
from recipe_pipeline.models.prompts import (
    EXTRACTION_SYSTEM_PROMPT,
    chat,
    extraction_messages,
    user_message,
)
from recipe_pipeline.schema.json_schema import response_format


def answer_request(
    post: str, max_new_tokens: int, repeat: int, full: bool, constrained: bool = False
) -> ChatRequest:
    """The request for the recipe of ``post``: greedy at first, sampled in retries.

    ``full`` sends the instructions of stage 3, which a general model needs; otherwise the chat is that
    of the dataset. ``constrained`` asks for decoding under the recipe schema.
    """
    options: dict[str, Any] = {
        "temperature": temperature_of(repeat),
        "seed": repeat,
        "max_tokens": max_new_tokens,
    }
    if constrained:
        options["response_format"] = response_format()
    short = chat(EXTRACTION_SYSTEM_PROMPT, user_message(post))
    return ChatRequest(extraction_messages(post) if full else short, options)


@dataclass
class EndpointGenerator:
    """Several requests at once; see ``generator.Generator``.

    ``prompt`` is "full" or "short": see `answer_request`. Posts whose requests keep failing get an
    empty answer and are logged in ``failures.jsonl`` in ``log_folder``.
    """

    server: ServerSettings
    name: str
    log_folder: Path
    prompt: str = "full"
    runner: RunnerSettings = field(default_factory=RunnerSettings)
    prompt_tokens: int = 0
    answer_tokens: int = 0
    failed: int = 0

    @property
    def batch_size(self) -> int:
        """Requests in flight."""
        return self.server.concurrency

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS,
        on_answer: OnAnswer | None = None,
        *,
        repeat: int = 0,
        names: Sequence[str] = (),
    ) -> list[str]:
        """See ``generator.Generator.generate``.

        Raises PipelineError when the server is unreachable, or refuses the key.
        """
        answers = [""] * len(posts)

        def keep(position: int, answer: str) -> None:
            answers[position] = answer
            if on_answer is not None:
                on_answer(position, answer)

        is_full = self.prompt == "full"
        requests = [answer_request(post, max_new_tokens, repeat, is_full) for post in posts]
        stage = _AnswerStage(requests, keep)
        names = names or [f"document {index + 1}" for index in range(len(posts))]
        items = [_Position(index, name) for index, name in enumerate(names)]
        report = asyncio.run(self._run(stage, items))
        self.prompt_tokens += report.prompt_tokens
        self.answer_tokens += report.completion_tokens
        self.failed += report.failed
        if report.error is not None:
            raise report.error
        return answers

    async def _run(self, stage: _AnswerStage, items: list[_Position]) -> RunReport:
        async with ChatClient(self.server) as client:
            await preflight(client, self.runner.server_wait)
            run = StageRun(FailureLog(self.log_folder), MessagesOnly())
            return await Runner(stage, client, run, self.runner).run(iter(items))


@dataclass
class _Position:
    """Which post; failures are logged under ``stem``."""

    index: int
    stem: str


@dataclass
class _AnswerStage:
    """What the runner sends; accepts any reply, which is scored later."""

    requests: list[ChatRequest]
    keep: Callable[[int, str], None]

    def request(self, item: _Position, repeat: int) -> ChatRequest:
        return self.requests[item.index]

    def accept(self, item: _Position, request: ChatRequest, reply: Reply) -> None:
        self.keep(item.index, reply.text)
