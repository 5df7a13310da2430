"""A GGUF model, opened as large as the posts at hand need: context, vocabulary, adapter."""

from __future__ import annotations

import queue
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.gguf_file import read_gguf, write_gguf
from recipe_pipeline.models.llama_server import LlamaServer, available_cores, import_llama_cpp
from recipe_pipeline.models.lora_merge import merge_lora
from recipe_pipeline.models.small_vocabulary import SmallVocabulary

_CONTEXT_STEP = 1024
_DEFAULT_CONTEXT = 8192


class OpenGguf:
    """The model in ``path`` with the LoRA adapter of a folder; `prepare` opens it.

    ``path`` is a GGUF file, or all parts of one that was split. The model is opened ``parallel``
    times, each with its share of the cores, and each answers one post at a time: slots of one llama.cpp
    are no faster on a CPU. All have the tokens that the posts of a call need.

    Raises PipelineError if a file is missing or damaged.
    """

    def __init__(
        self, path: Path | Sequence[Path], adapter: Path | None = None, parallel: int = 1
    ) -> None:
        import_llama_cpp()  # before anything else takes time
        parts = [path] if isinstance(path, Path) else path
        self._path, self._parallel = parts[0], parallel
        contents = read_gguf(*parts)
        architecture = contents.value("general.architecture")
        self.trained_context: int = (
            contents.value(f"{architecture}.context_length") or _DEFAULT_CONTEXT
        )
        self._is_changed = adapter is not None
        self._contents = contents if adapter is None else merge_lora(contents, adapter)
        self._servers: list[LlamaServer] = []
        self._free: queue.Queue[LlamaServer] = queue.Queue()
        self._opening = threading.RLock()  # others may count tokens meanwhile
        self._context = 0
        self._vocabulary: SmallVocabulary | None = None
        if SmallVocabulary.fits(contents):
            self._vocabulary = SmallVocabulary(self._contents, self._path.name)
        else:
            self._open(_CONTEXT_STEP)  # its tokenizer is only in llama.cpp

    def encode(self, text: str) -> list[int]:
        """Tokens of ``text``. Nothing is added: prompts bring their own ``<bos>`` and turn marks."""
        if self._vocabulary is not None:
            return self._vocabulary.pieces.encode(text)
        with self._opening:
            return self._servers[0].tokenize(text)

    def prepare(self, prompts: Sequence[str], context_length: int) -> None:
        """Open the model, or open it again, if these prompts need more than it was opened with."""
        new = self._vocabulary is not None and self._vocabulary.choose(prompts)
        needed = -(-context_length // _CONTEXT_STEP) * _CONTEXT_STEP
        if not self._servers or new or needed > self._context:
            self._open(max(needed, self._context))

    def can_continue(self, prompt: str) -> bool:
        """Whether ``prompt``, one that the model was prepared for and an answer, can be answered."""
        return self._vocabulary is None or self._vocabulary.covers(prompt)

    def complete(
        self, prompt: str, options: dict[str, Any], stop_at: Callable[[list[str]], bool]
    ) -> tuple[str, int]:
        """See `LlamaServer.complete`; ``prompt`` is one of those the model was prepared for."""
        tokens = self._vocabulary.ids(prompt) if self._vocabulary else self.encode(prompt)
        server = self._free.get()
        try:
            return server.complete(tokens, options, stop_at)
        finally:
            self._free.put(server)

    def _open(self, context_length: int) -> None:
        with self._opening:
            self._reopen(context_length)

    def _reopen(self, context_length: int) -> None:
        self._servers, self._free = [], queue.Queue()  # the memory is needed for the next ones
        self._context = context_length
        # llama.cpp keeps what it needs of this file in memory or open.
        with tempfile.TemporaryDirectory(
            prefix="recipe-pipeline-", ignore_cleanup_errors=True
        ) as folder:
            path = Path(folder, "model.gguf")
            try:
                if self._vocabulary is not None:
                    self._vocabulary.write(path)
                elif self._is_changed:
                    write_gguf(path, self._contents)
                else:
                    path = self._path
            except OSError as error:
                raise PipelineError(
                    f"cannot write to {tempfile.gettempdir()} ({error.strerror}): make room there or "
                    "set TMPDIR"
                ) from error
            threads = max(1, available_cores() // self._parallel)
            for _ in range(self._parallel):
                self._servers.append(LlamaServer(path, context_length, threads))
                self._free.put(self._servers[-1])
