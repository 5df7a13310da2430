"""Answers from a GGUF file through llama-cpp-python, with the interface of ``inference``."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.stage_folder import FailureLog
from recipe_pipeline.models.chat_template import END_OF_TURN, generation_prompt
from recipe_pipeline.models.generator import LOOP_CHECK_EVERY, in_loop, temperature_of
from recipe_pipeline.models.prompts import EXTRACTION_SYSTEM_PROMPT, user_message

DEFAULT_CONTEXT = 8192
_LEAST_ANSWER = 16

# llama.cpp calls it for as long as the process lives, so it must never be collected.
_quiet_log: Any = None


@dataclass
class GgufGenerator:
    """Generation with llama.cpp, one post at a time. Counts the tokens it reads and writes.

    ``grammar`` restricts decoding (``constrained=True`` of :func:`load_gguf`); ``truncated`` holds
    the positions of the last call whose answers hit the token limit. With a ``log_folder`` a post
    that does not fit leaves an empty answer, is counted in ``failed`` and written to
    ``failures.jsonl`` there, under its name in ``names`` (one for each post of the next call).
    """

    llama: Any
    name: str
    system_prompt: str = EXTRACTION_SYSTEM_PROMPT
    grammar: Any = None
    prompt_tokens: int = 0
    answer_tokens: int = 0
    truncated: list[int] = field(default_factory=list)
    log_folder: Path | None = None
    names: Sequence[str] = ()
    failed: int = 0

    @property
    def context_length(self) -> int:
        """Tokens of post and answer together."""
        return self.llama.n_ctx()

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` alone."""
        return len(self._tokenize(text))

    def generate(
        self,
        posts: Sequence[str],
        max_new_tokens: int = 1024,
        on_answer: Callable[[int, str], None] | None = None,
        repeat: int = 0,
    ) -> list[str]:
        """See ``inference.TransformersGenerator.generate``; a post that does not fit raises
        PipelineError where there is no ``log_folder``."""
        self.truncated = []
        answers = [""] * len(posts)
        for position, post in enumerate(posts):
            prompt = self._prompt(post)
            if self.context_length - len(prompt) < _LEAST_ANSWER:
                self._refuse(position, len(prompt))
                continue
            answers[position] = self._answer(position, prompt, max_new_tokens, repeat)
            if on_answer is not None:
                on_answer(position, answers[position])
        return answers

    def _refuse(self, position: int, tokens: int) -> None:
        reason = f"the post has {tokens:,} tokens, the context only {self.context_length:,}"
        if self.log_folder is None:
            raise PipelineError(f"{reason}: raise --context")
        self.failed += 1
        name = self.names[position] if self.names else f"document {position + 1}"
        FailureLog(self.log_folder).add(name, "too_long", reason)

    def _prompt(self, post: str) -> list[int]:
        return self._tokenize(_prompt_text(self.system_prompt, post))

    def _answer(self, position: int, prompt: list[int], max_new_tokens: int, repeat: int) -> str:
        completion = self.llama.create_completion(
            prompt,
            max_tokens=min(max_new_tokens, self.context_length - len(prompt)),
            temperature=temperature_of(repeat),
            seed=repeat,
            repeat_penalty=1.0,
            stop=[END_OF_TURN],
            grammar=self.grammar,
            stopping_criteria=_LoopStop(len(prompt)),
        )
        usage, choice = completion["usage"], completion["choices"][0]
        self.prompt_tokens += usage["prompt_tokens"]
        self.answer_tokens += usage["completion_tokens"]
        if choice["finish_reason"] == "length":
            self.truncated.append(position)
        return choice["text"].strip()

    def _tokenize(self, text: str) -> list[int]:
        return _tokenize(self.llama, text)


def _prompt_text(system_prompt: str, post: str) -> str:
    messages = [
        {"role": "system", "content": system_prompt},
        {"role": "user", "content": user_message(post)},
    ]
    return generation_prompt(messages)


def _tokenize(llama: Any, text: str) -> list[int]:
    # The prompt carries its own <bos>; "special" reads the turn marks as tokens.
    return llama.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=True)


@dataclass
class _LoopStop:
    """Ends an answer that repeats itself; called by llama-cpp-python after every token."""

    prompt_length: int

    def __call__(self, input_ids: Any, logits: Any) -> bool:
        written = len(input_ids) - self.prompt_length
        if written % LOOP_CHECK_EVERY:
            return False
        return in_loop([int(token) for token in input_ids[self.prompt_length :]])


def load_gguf(
    path: str | Path,
    *,
    context_length: int = DEFAULT_CONTEXT,
    system_prompt: str | None = None,
    constrained: bool = False,
    threads: int | None = None,
    log_folder: Path | None = None,
) -> GgufGenerator:
    """The model in ``path``; layers go to a GPU if llama-cpp-python was built for one.

    ``constrained`` decodes under the recipe JSON schema. Raises PipelineError when the file or the
    package is missing or the file is no GGUF model.
    """
    path = Path(path).expanduser()
    llama = _open(
        path,
        n_ctx=context_length,
        n_threads=threads or available_cores(),
        n_gpu_layers=-1,
        seed=0,
    )
    grammar = None
    if constrained:
        import llama_cpp

        grammar = _recipe_grammar(llama_cpp)
    return GgufGenerator(
        llama=llama,
        name=path.name,
        system_prompt=system_prompt or EXTRACTION_SYSTEM_PROMPT,
        grammar=grammar,
        log_folder=log_folder,
    )


def context_for(
    path: str | Path, posts: Sequence[str], max_new_tokens: int, system_prompt: str | None = None
) -> int:
    """Tokens that hold the longest of ``posts``, the instructions and an answer.

    Counted by the model's own tokenizer, in multiples of 1,024; never more than the model was made
    for. Raises PipelineError as ``load_gguf`` does.
    """
    llama = _open(Path(path).expanduser(), vocab_only=True)
    prompts = (_prompt_text(system_prompt or EXTRACTION_SYSTEM_PROMPT, post) for post in posts)
    longest = max((len(_tokenize(llama, prompt)) for prompt in prompts), default=0)
    needed = -(-(longest + max_new_tokens) // 1024) * 1024
    kind = llama.metadata.get("general.architecture")
    return min(needed, int(llama.metadata.get(f"{kind}.context_length", needed)))


def _open(path: Path, **settings: Any) -> Any:
    if not path.is_file():
        raise PipelineError(f"there is no file {path}: export one with 05_finetune.py --save-gguf")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise PipelineError(f"{path} is no GGUF file: export it again with --save-gguf")
    try:
        import llama_cpp
    except ImportError as error:
        raise PipelineError(
            "reading GGUF files needs llama-cpp-python: pip install llama-cpp-python"
        ) from error
    _silence(llama_cpp)
    try:
        return llama_cpp.Llama(model_path=str(path), verbose=False, **settings)
    except (ValueError, RuntimeError) as error:
        raise PipelineError(f"cannot load {path} ({error}): export it again") from error


def available_cores() -> int:
    """Physical cores that this process may use; hyperthreads make llama.cpp slower, not faster.

    (llama-cpp-python's own default is half of the logical cores.)
    """
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(allowed or 1, psutil.cpu_count(logical=False) or allowed or 1))


def _silence(llama_cpp: Any) -> None:
    """Drop llama.cpp's log: with ``verbose=False`` its warnings still come out, since the bindings
    read them as errors. What matters is raised."""
    global _quiet_log
    if _quiet_log is None:
        _quiet_log = llama_cpp.llama_log_callback(lambda level, text, data: None)
    llama_cpp.llama_log_set(_quiet_log, None)


def _recipe_grammar(llama_cpp: Any) -> Any:
    from recipe_pipeline.schema.json_schema import answer_schema

    return llama_cpp.LlamaGrammar.from_json_schema(json.dumps(answer_schema()), verbose=False)
