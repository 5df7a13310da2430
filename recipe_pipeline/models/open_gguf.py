"""A GGUF model, opened as large as the post at hand needs: context, vocabulary, adapter."""

from __future__ import annotations

import queue
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.gguf_file import read_gguf
from recipe_pipeline.models.llama_server import LlamaServer, available_cores, import_llama_cpp
from recipe_pipeline.models.lora_merge import merge_lora
from recipe_pipeline.models.small_vocabulary import SmallVocabulary

_CONTEXT_STEP = 1024
_DEFAULT_CONTEXT = 8192


class OpenGguf:
    """The model in ``path`` with the LoRA adapter of a folder. Threads may share it.

    ``path`` is a GGUF file, or all parts of one that was split. There are ``parallel`` copies of the
    model, each with its share of the cores, and each answers one post at a time (on a CPU, slots of
    a single llama.cpp gain nothing). A copy is opened with exactly the tokens that its post needs:
    other posts cannot change an answer.

    Raises PipelineError if a file is missing or damaged, or if its tokenizer is not SentencePiece.
    """

    def __init__(
        self, path: Path | Sequence[Path], adapter: Path | None = None, parallel: int = 1
    ) -> None:
        import_llama_cpp()  # before anything else takes time
        parts = [path] if isinstance(path, Path) else path
        contents = read_gguf(*parts)
        architecture = contents.value("general.architecture")
        self.trained_context: int = (
            contents.value(f"{architecture}.context_length") or _DEFAULT_CONTEXT
        )
        if adapter is not None:
            contents = merge_lora(contents, adapter)
        vocabulary = SmallVocabulary(contents, parts[0].name)
        self.encode = vocabulary.pieces.encode
        threads = max(1, available_cores() // parallel)
        self._free: queue.LifoQueue[GgufCopy] = queue.LifoQueue()
        for _ in range(parallel):
            self._free.put(GgufCopy(vocabulary, threads))

    @contextmanager
    def copy_for(self, prompt: str, context_length: int) -> Iterator[GgufCopy]:
        """A copy of the model, opened for ``prompt`` and its answer; waits until one is free."""
        copy = self._free.get()
        try:
            copy.prepare(prompt, context_length)
            yield copy
        finally:
            self._free.put(copy)


class GgufCopy:
    """One copy of a model, which answers one post at a time."""

    def __init__(self, vocabulary: SmallVocabulary, threads: int) -> None:
        self._vocabulary, self._threads = vocabulary, threads
        self._server: LlamaServer | None = None
        self._context = 0
        self._numbers: dict[int, int] = {}

    def prepare(self, prompt: str, context_length: int) -> None:
        """Open the model, or open it again, if ``prompt`` needs another vocabulary or more room."""
        tokens = self._vocabulary.tokens_for(prompt)
        context = max(self._context, -(-context_length // _CONTEXT_STEP) * _CONTEXT_STEP)
        if self._server is None or tokens != self._numbers.keys() or context > self._context:
            self._open(tokens, context)

    def can_continue(self, text: str) -> bool:
        """Whether this copy has all tokens of ``text``: a prompt and the beginning of its answer."""
        return self._numbers.keys() >= set(self._vocabulary.pieces.encode(text))

    def complete(
        self, prompt: str, options: dict[str, Any], stop_at: Callable[[list[str]], bool]
    ) -> tuple[str, int]:
        """See `LlamaServer.complete`; ``prompt`` begins with the one that this was opened for."""
        assert self._server is not None
        tokens = [self._numbers[token] for token in self._vocabulary.pieces.encode(prompt)]
        return self._server.complete(tokens, options, stop_at)

    def _open(self, tokens: frozenset[int], context_length: int) -> None:
        self._server = None  # the memory is needed for the next one
        self._context = context_length
        # llama.cpp keeps what it needs of this file in memory or open.
        with tempfile.TemporaryDirectory(
            prefix="recipe-pipeline-", ignore_cleanup_errors=True
        ) as folder:
            path = Path(folder, "model.gguf")
            try:
                self._numbers = self._vocabulary.write(path, tokens)
            except OSError as error:
                raise PipelineError(
                    f"cannot write to {tempfile.gettempdir()} ({error.strerror}): make room there or "
                    "set TMPDIR"
                ) from error
            self._server = LlamaServer(path, context_length, self._threads)
