"""A GGUF model, opened as large as the posts at hand need: context, vocabulary, adapter."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.gguf_file import read_gguf
from recipe_pipeline.models.llama_server import LlamaServer
from recipe_pipeline.models.lora_gguf import write_lora_gguf
from recipe_pipeline.models.small_vocabulary import SmallVocabulary

_CONTEXT_STEP = 1024
_DEFAULT_CONTEXT = 8192


class OpenGguf:
    """The model in ``path`` with the LoRA adapter of a folder; `prepare` opens it.

    ``path`` is a GGUF file, or all parts of one that was split.

    Only `encode` may be called while another thread uses the model.

    Raises PipelineError if a file is missing or damaged.
    """

    def __init__(
        self,
        path: Path | Sequence[Path],
        adapter: Path | None = None,
        slots: int = 1,
        *,
        drafts: bool = False,
    ) -> None:
        parts = [path] if isinstance(path, Path) else path
        self._path, self._adapter = parts[0], adapter
        self._slots, self._drafts = slots, drafts
        contents = read_gguf(*parts)
        architecture = contents.value("general.architecture")
        self.trained_context: int = (
            contents.value(f"{architecture}.context_length") or _DEFAULT_CONTEXT
        )
        self._contents = contents
        self._server: LlamaServer | None = None
        self._opening = threading.RLock()  # others may count tokens meanwhile
        self._context = 0
        self._vocabulary: SmallVocabulary | None = None
        if SmallVocabulary.fits(contents):
            self._vocabulary = SmallVocabulary(contents, self._path.name)
        else:
            self._open(_CONTEXT_STEP)  # its tokenizer is only in llama.cpp

    def encode(self, text: str) -> list[int]:
        """Tokens of ``text``. Nothing is added: prompts bring their own ``<bos>`` and turn marks."""
        if self._vocabulary is not None:
            return self._vocabulary.pieces.encode(text)
        with self._opening:
            return self._opened.tokenize(text)

    def prepare(self, prompts: Sequence[str], context_length: int) -> None:
        """Open the model, or open it again, if these prompts need more than it was opened with."""
        new = self._vocabulary is not None and self._vocabulary.choose(prompts)
        needed = -(-context_length // _CONTEXT_STEP) * _CONTEXT_STEP
        if self._server is None or new or needed > self._context:
            self._open(max(needed, self._context))

    def can_continue(self, prompt: str) -> bool:
        """Whether ``prompt``, one that the model was prepared for and an answer, can be answered."""
        return self._vocabulary is None or self._vocabulary.covers(prompt)

    def complete(
        self, prompt: str, options: dict[str, Any], stop_at: Callable[[list[str]], bool]
    ) -> tuple[str, int]:
        """See `LlamaServer.complete`; ``prompt`` is one of those the model was prepared for."""
        tokens = self._vocabulary.ids(prompt) if self._vocabulary else self.encode(prompt)
        return self._opened.complete(tokens, options, stop_at)

    @property
    def _opened(self) -> LlamaServer:
        assert self._server is not None
        return self._server

    def _open(self, context_length: int) -> None:
        with self._opening:
            self._reopen(context_length)

    def _reopen(self, context_length: int) -> None:
        self._server = None  # the memory is needed for the next one
        self._context = context_length
        # llama.cpp keeps what it needs of these files in memory or open.
        with tempfile.TemporaryDirectory(
            prefix="recipe-pipeline-", ignore_cleanup_errors=True
        ) as folder:
            path, adapter = self._path, None
            try:
                if self._vocabulary is not None:
                    path = Path(folder, self._path.name)
                    self._vocabulary.write(path)
                if self._adapter is not None:
                    adapter = Path(folder, "adapter.gguf")
                    write_lora_gguf(self._adapter, adapter, self._contents)
            except OSError as error:
                raise PipelineError(
                    f"cannot write to {tempfile.gettempdir()} ({error.strerror}): make room there or "
                    "set TMPDIR"
                ) from error
            self._server = LlamaServer(
                path, context_length, slots=self._slots, adapter=adapter, drafts=self._drafts
            )
