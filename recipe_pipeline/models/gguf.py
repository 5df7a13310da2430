"""Answers from a GGUF file, decoded by llama.cpp in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import FailureLog
from recipe_pipeline.models.chat_template import END_OF_TURN
from recipe_pipeline.models.generator import (
    DEFAULT_MAX_NEW_TOKENS,
    OnAnswer,
    prompt_text,
    temperature_of,
)
from recipe_pipeline.models.llama_server import LlamaServer
from recipe_pipeline.models.loops import CHECK_EVERY, in_loop
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT

_LEAST_ANSWER = 16
_CONTEXT_STEP = 1024


class GgufGenerator:
    """Generation with llama.cpp; see ``generator.LocalGenerator``.

    Without a ``context_length``, the context grows to hold the longest post and its answer, up to
    what the model was trained for. A post that does not fit is logged in ``log_folder`` and gets an
    empty answer; without a ``log_folder`` it raises PipelineError.

    Posts are answered one after another: parallel slots change the last digits of the logits, so an
    answer would depend on its neighbours.
    """

    batch_size = 1

    def __init__(
        self,
        path: Path,
        *,
        system_prompt: str = EXTRACTION_SYSTEM_PROMPT,
        context_length: int | None = None,
        constrained: bool = False,
        threads: int | None = None,
        log_folder: Path | None = None,
    ) -> None:
        self.name = path.name
        self.system_prompt = system_prompt
        self.context_length = context_length
        self.constrained = constrained
        self.prompt_tokens = self.answer_tokens = self.failed = 0
        self._path, self._threads, self._log_folder = path, threads, log_folder
        # Opened at once, so that a model that cannot be loaded is reported before any work.
        self._server: LlamaServer = self._open(context_length or _CONTEXT_STEP)

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` alone."""
        return len(self._server.tokenize(text))

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int = DEFAULT_MAX_NEW_TOKENS,
        on_answer: OnAnswer | None = None,
        *,
        repeat: int = 0,
        names: Sequence[str] = (),
    ) -> list[str]:
        """See ``generator.Generator.generate``."""
        prompts = [self._server.tokenize(prompt_text(self.system_prompt, post)) for post in posts]
        self._reserve(max(map(len, prompts), default=0) + max_new_tokens)
        answers = []
        for position, prompt in enumerate(prompts):
            answer = ""
            if self._server.context_length - len(prompt) >= _LEAST_ANSWER:
                answer = self._answer(prompt, max_new_tokens, repeat)
                if on_answer is not None:
                    on_answer(position, answer)
            else:
                name = names[position] if names else f"document {position + 1}"
                self._refuse(name, len(prompt))
            answers.append(answer)
        return answers

    def _answer(self, prompt: list[int], max_new_tokens: int, repeat: int) -> str:
        options: dict[str, Any] = {
            "max_tokens": min(max_new_tokens, self._server.context_length - len(prompt)),
            "temperature": temperature_of(repeat),
            "seed": repeat,
            "stop": [END_OF_TURN],
            # Reusing what an earlier prompt left in a slot changes the last digits of the logits:
            # answers would depend on the order of the posts.
            "cache_prompt": False,
        }
        if self.constrained:
            from recipe_pipeline.schema.json_schema import answer_schema

            options["json_schema"] = answer_schema()

        def stop_at(pieces: list[str]) -> bool:
            return len(pieces) % CHECK_EVERY == 0 and in_loop(pieces)

        text, tokens = self._server.complete(prompt, options, stop_at)
        self.prompt_tokens += len(prompt)
        self.answer_tokens += tokens
        return text.strip()

    def _reserve(self, tokens: int) -> None:
        """Make room for ``tokens``; open the model again if it has too little."""
        needed = self.context_length or -(-tokens // _CONTEXT_STEP) * _CONTEXT_STEP
        if needed > self._asked:
            self._server = self._open(needed)

    def _open(self, context_length: int) -> LlamaServer:
        self._asked = context_length
        return LlamaServer(self._path, context_length, self._threads)

    def _refuse(self, name: str, tokens: int) -> None:
        context = self._server.context_length
        reason = f"the post has {tokens:,} tokens and the context only {context:,}"
        if self._log_folder is None:
            raise PipelineError(f"{reason}: raise --context")
        self.failed += 1
        FailureLog(self._log_folder).add(name, "too_long", reason)
