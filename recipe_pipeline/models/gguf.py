"""Answers from a GGUF file, decoded by llama.cpp in this process."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipe_pipeline.common.stage_folder import FailureLog
from recipe_pipeline.models.chat_template import END_OF_TURN
from recipe_pipeline.models.generator import (
    DEFAULT_MAX_NEW_TOKENS,
    OnAnswer,
    PostFailed,
    prompt_text,
    temperature_of,
)
from recipe_pipeline.models.loops import CHECK_EVERY, in_loop
from recipe_pipeline.models.open_gguf import GgufCopy, OpenGguf
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT
from recipe_pipeline.models.straying import PageLines, Stray
from recipe_pipeline.schema.json_schema import answer_schema

RESTARTS = 2
"""How often an answer that has left its post goes on from its last sound line."""

_RESTART_TEMPERATURE = 0.7
_LEAST_ANSWER = 16
_GROUP = 32
"""Posts that are taken at a time where several are answered in parallel."""


@dataclass(frozen=True)
class _Job:
    """A post to answer: its position in the call, its prompt and the prompt's tokens."""

    position: int
    post: str
    prompt: str
    length: int


class GgufGenerator:
    """Generation with llama.cpp; see ``generator.Generator``. Threads may share it.

    ``path`` is a GGUF file or all parts of one, ``adapter`` a LoRA folder for it; see `OpenGguf` for
    ``parallel``, the posts that are answered at a time.
    A post that does not fit ``context_length`` (default: what the model was trained for) is logged
    in ``log_folder`` and gets an empty answer; without a ``log_folder`` it raises PostFailed.

    An answer that leaves its post (see `straying`) goes on from its last sound line: a list of
    ingredients is closed there, a step is drawn anew.
    """

    def __init__(
        self,
        path: Path | Sequence[Path],
        *,
        adapter: Path | None = None,
        system_prompt: str = EXTRACTION_SYSTEM_PROMPT,
        context_length: int | None = None,
        constrained: bool = False,
        parallel: int = 1,
        log_folder: Path | None = None,
    ) -> None:
        self.name = (adapter or (path if isinstance(path, Path) else path[0])).name
        self.system_prompt = system_prompt
        self.constrained = constrained
        self.batch_size = 1 if parallel == 1 else _GROUP
        self.answer_tokens = self.failed = 0
        self._model = OpenGguf(path, adapter, parallel)
        trained = self._model.trained_context
        self.context_length = min(context_length or trained, trained)
        self.parallel, self._log_folder = parallel, log_folder

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` alone."""
        return len(self._model.encode(text))

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
        jobs = []
        for position, post in enumerate(posts):
            prompt = prompt_text(self.system_prompt, post)
            length = self.count_tokens(prompt)
            if self.context_length - length >= _LEAST_ANSWER:
                jobs.append(_Job(position, post, prompt, length))
            else:
                self._refuse(names[position] if names else f"document {position + 1}", length)
        answers = [""] * len(posts)
        ended = threading.Event()
        with ThreadPoolExecutor(self.parallel) as pool:
            waiting = {
                pool.submit(self._answer, job, max_new_tokens, repeat, ended): job for job in jobs
            }
            try:
                for done in as_completed(waiting):
                    job = waiting[done]
                    answers[job.position], tokens = done.result()
                    self.answer_tokens += tokens
                    if on_answer is not None:
                        on_answer(job.position, answers[job.position])
            except BaseException:  # also Ctrl-C: the threads end at their next token
                ended.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return answers

    def _answer(
        self, job: _Job, max_new_tokens: int, repeat: int, ended: threading.Event
    ) -> tuple[str, int]:
        options: dict[str, Any] = {
            "max_tokens": min(max_new_tokens, self.context_length - job.length),
            "temperature": temperature_of(repeat),
            "seed": repeat,
            "stop": [END_OF_TURN],
            # Reusing what an earlier prompt left in a slot changes the last digits of the logits:
            # answers would depend on the order of the posts.
            "cache_prompt": False,
        }
        if self.constrained:
            options["json_schema"] = answer_schema()

        room = min(job.length + max_new_tokens, self.context_length)
        with self._model.copy_for(job.prompt, room) as copy:
            return self._answer_by(copy, job, options, ended)

    def _answer_by(
        self, copy: GgufCopy, job: _Job, options: dict[str, Any], ended: threading.Event
    ) -> tuple[str, int]:
        page = PageLines(job.post)
        text, tokens = "", 0
        for restart in range(RESTARTS + 1):
            part, count, stray = _continue(copy, job.prompt, text, page, options, ended)
            text, tokens = text + part, tokens + count
            if stray is None or self.constrained or restart == RESTARTS:
                break
            text = text[: stray.at] + stray.closing
            if not stray.closing:
                options |= {"temperature": _RESTART_TEMPERATURE, "seed": options["seed"] + restart}
            options["max_tokens"] = max(1, options["max_tokens"] - count)
            if not copy.can_continue(job.prompt + text):
                break
        return text.strip(), tokens

    def _refuse(self, name: str, tokens: int) -> None:
        reason = f"the post has {tokens:,} tokens and the context only {self.context_length:,}"
        if self._log_folder is None:
            raise PostFailed(f"{reason}: raise --context")
        self.failed += 1
        FailureLog(self._log_folder).add(name, "too_long", reason)


def _continue(
    copy: GgufCopy,
    prompt: str,
    text: str,
    page: PageLines,
    options: dict[str, Any],
    ended: threading.Event,
) -> tuple[str, int, Stray | None]:
    """What follows ``prompt`` and ``text``, its tokens, and where it has left the page."""
    strays: list[Stray | None] = []

    def stop_at(pieces: list[str]) -> bool:
        if ended.is_set():
            return True
        if len(pieces) % CHECK_EVERY:
            return False
        loops = in_loop(pieces)
        stray = page.stray(text + "".join(pieces), loops)
        if stray is not None or loops:
            strays.append(stray)
        return bool(strays)

    part, count = copy.complete(prompt + text, options, stop_at)
    if not strays and not ended.is_set():
        strays.append(page.stray(text + part))  # since the last check
    return part, count, strays[-1] if strays else None
