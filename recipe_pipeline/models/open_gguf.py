"""A GGUF model, opened as large as the post at hand needs: context, vocabulary, adapter."""

from __future__ import annotations

import queue
import tempfile
import threading
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

    Raises PipelineError if a file is missing or damaged.
    """

    def __init__(
        self, path: Path | Sequence[Path], adapter: Path | None = None, parallel: int = 1
    ) -> None:
        import_llama_cpp()  # before anything else takes time
        parts = [path] if isinstance(path, Path) else path
        self.path = parts[0]
        contents = read_gguf(*parts)
        architecture = contents.value("general.architecture")
        self.trained_context: int = (
            contents.value(f"{architecture}.context_length") or _DEFAULT_CONTEXT
        )
        self.vocabulary: SmallVocabulary | None = None
        if adapter is not None:
            contents = merge_lora(contents, adapter)
        if adapter is not None or SmallVocabulary.fits(contents):
            self.vocabulary = SmallVocabulary(contents, self.path.name)
        threads = max(1, available_cores() // parallel)
        copies = [GgufCopy(self, threads) for _ in range(parallel)]
        # Without a vocabulary of ours, the tokenizer is only in llama.cpp.
        self._counter = copies[0] if self.vocabulary is None else None
        self._free: queue.LifoQueue[GgufCopy] = queue.LifoQueue()
        for copy in reversed(copies):
            self._free.put(copy)

    def encode(self, text: str) -> list[int]:
        """Tokens of ``text``. Nothing is added: prompts bring their own ``<bos>`` and turn marks."""
        if self.vocabulary is not None:
            return self.vocabulary.pieces.encode(text)
        assert self._counter is not None
        return self._counter.tokenize(text)

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
    """One copy of ``model``, which answers one post at a time."""

    def __init__(self, model: OpenGguf, threads: int) -> None:
        self._model, self._threads = model, threads
        self._server: LlamaServer | None = None
        self._context = 0
        self._tokens: frozenset[int] = frozenset()
        self._numbers: dict[int, int] = {}
        self._opening = threading.Lock()  # others may count tokens meanwhile

    def prepare(self, prompt: str, context_length: int) -> None:
        """Open the model, or open it again, if ``prompt`` needs another vocabulary or more room."""
        vocabulary = self._model.vocabulary
        tokens = vocabulary.tokens_for(prompt) if vocabulary else self._tokens
        context = max(self._context, -(-context_length // _CONTEXT_STEP) * _CONTEXT_STEP)
        with self._opening:
            if self._server is None or tokens != self._tokens or context > self._context:
                self._open(tokens, context)

    def can_continue(self, text: str) -> bool:
        """Whether this copy has all tokens of ``text``: a prompt and the beginning of its answer."""
        vocabulary = self._model.vocabulary
        return vocabulary is None or self._tokens.issuperset(vocabulary.pieces.encode(text))

    def complete(
        self, prompt: str, options: dict[str, Any], stop_at: Callable[[list[str]], bool]
    ) -> tuple[str, int]:
        """See `LlamaServer.complete`; ``prompt`` begins with the one that this was opened for."""
        assert self._server is not None
        tokens = self._model.encode(prompt)
        if self._model.vocabulary is not None:
            tokens = [self._numbers[token] for token in tokens]
        return self._server.complete(tokens, options, stop_at)

    def tokenize(self, text: str) -> list[int]:
        """Tokens of ``text`` by llama.cpp."""
        with self._opening:
            if self._server is None:
                self._open(self._tokens, _CONTEXT_STEP)
            assert self._server is not None
            return self._server.tokenize(text)

    def _open(self, tokens: frozenset[int], context_length: int) -> None:
        model = self._model
        self._server = None  # the memory is needed for the next one
        self._tokens, self._context = tokens, context_length
        # llama.cpp keeps what it needs of this file in memory or open.
        with tempfile.TemporaryDirectory(
            prefix="recipe-pipeline-", ignore_cleanup_errors=True
        ) as folder:
            path = Path(folder, "model.gguf")
            try:
                if model.vocabulary is not None:
                    self._numbers = model.vocabulary.write(path, tokens)
                else:
                    path = model.path
            except OSError as error:
                raise PipelineError(
                    f"cannot write to {tempfile.gettempdir()} ({error.strerror}): make room there or "
                    "set TMPDIR"
                ) from error
            self._server = LlamaServer(path, context_length, self._threads)
