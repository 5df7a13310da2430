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


@dataclass
class EndpointGenerator:
    """Several requests at once; see ``generator.Generator``.

    ``prompt`` "full" sends the instructions of stage 3, which a general model needs; "short" sends
    the system prompt of the dataset, for a finetuned model. Posts whose requests keep failing get
    an empty answer and are logged in ``failures.jsonl`` in ``log_folder``.
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

        options = {
            "temperature": temperature_of(repeat),
            "seed": repeat,
            "max_tokens": max_new_tokens,
        }
        stage = _AnswerStage(posts, options, self.prompt, keep)
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
    """Builds the runner's requests; accepts any reply, which is scored later."""

    posts: Sequence[str]
    options: dict[str, Any]
    prompt: str
    keep: Callable[[int, str], None]

    def request(self, item: _Position, repeat: int) -> ChatRequest:
        post = self.posts[item.index]
        options = {**self.options, "seed": self.options["seed"] + repeat}
        if self.prompt == "full":
            return ChatRequest(extraction_messages(post), options)
        return ChatRequest(chat(EXTRACTION_SYSTEM_PROMPT, user_message(post)), options)

    def accept(self, item: _Position, request: ChatRequest, reply: Reply) -> None:
        self.keep(item.index, reply.text)
