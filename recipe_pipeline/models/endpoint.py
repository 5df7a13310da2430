"""Answers from a model on an OpenAI-compatible server, with the interface of a local generator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from recipe_pipeline.common.progress import MessagesOnly
from recipe_pipeline.common.stage_folder import FailureLog
from recipe_pipeline.llm.client import ChatClient, ChatRequest, Reply, preflight
from recipe_pipeline.llm.runner import Runner, RunReport
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings
from recipe_pipeline.llm.stage import StageRun
from recipe_pipeline.models.prompts import (
    EXTRACTION_SYSTEM_PROMPT,
    extraction_messages,
    user_message,
)

PROMPTS = ("full", "short")


@dataclass
class EndpointGenerator:
    """Greedy answers (temperature 0) from ``server``, several requests at once.

    ``prompt`` "full" sends the instructions of stage 3, which a general model needs; "short" the
    system prompt of the dataset, for a finetuned model behind a server. Requests that fail after
    all repeats leave an empty answer, are counted in ``failed`` and written to
    ``failures.jsonl`` in ``log_folder``, under its name in ``names`` (one for each post of the next
    call).
    """

    server: ServerSettings
    name: str
    log_folder: Path
    prompt: str = "full"
    runner: RunnerSettings = field(default_factory=RunnerSettings)
    prompt_tokens: int = 0
    answer_tokens: int = 0
    names: Sequence[str] = ()
    failed: int = 0

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int = 2048,
        on_answer: Callable[[int, str], None] | None = None,
    ) -> list[str]:
        """One raw answer per post, in order; see ``inference.Generator.generate``.

        Raises PipelineError when the server is away, refuses the key or has no such model.
        """
        answers = [""] * len(posts)

        def keep(position: int, answer: str) -> None:
            answers[position] = answer
            if on_answer is not None:
                on_answer(position, answer)

        stage = _AnswerStage(posts, max_new_tokens, self.prompt, keep)
        names = self.names or [f"document {index + 1}" for index in range(len(posts))]
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
            await preflight(client)
            run = StageRun(FailureLog(self.log_folder), MessagesOnly())
            return await Runner(stage, client, run, self.runner).run(iter(items))


@dataclass
class _Position:
    """Which post; failures are logged under ``stem``."""

    index: int
    stem: str


@dataclass
class _AnswerStage:
    """What the runner asks and what it does with a reply: any text is an answer to be scored."""

    posts: Sequence[str]
    max_new_tokens: int
    prompt: str
    keep: Callable[[int, str], None]

    def request(self, item: _Position, repeat: int) -> ChatRequest:
        post = self.posts[item.index]
        if self.prompt == "full":
            messages = extraction_messages(post)
        else:
            messages = [
                {"role": "system", "content": EXTRACTION_SYSTEM_PROMPT},
                {"role": "user", "content": user_message(post)},
            ]
        options = {"temperature": 0, "seed": repeat, "max_tokens": self.max_new_tokens}
        return ChatRequest(messages, options)

    def accept(self, item: _Position, request: ChatRequest, reply: Reply) -> None:
        self.keep(item.index, reply.text)
