"""llama.cpp's own server inside this process (``xllamacpp``), for one GGUF file."""

from __future__ import annotations

import json
import os
import secrets
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.generator import PostFailed

_QUIET = -1
_MOST_PARALLEL = 4


class LlamaServer:
    """An open model with room for one sequence of ``context_length`` tokens.

    Raises PipelineError when the model cannot be loaded.
    """

    def __init__(self, path: Path, context_length: int, threads: int | None = None) -> None:
        xllamacpp = import_llama_cpp()
        params = server_params(path, context_length, threads or available_cores())
        # The server also listens on a port of 127.0.0.1, where others must not use it.
        self._key = secrets.token_urlsafe()
        params.api_keys = [self._key]
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as error:
            raise PipelineError(
                f"cannot load {path}: the file is damaged, or this version of xllamacpp does not "
                "support the model; export it again or upgrade xllamacpp"
            ) from error
        # Until its main loop runs, a server that is closed would wait for its end forever.
        slot_context(self._server, self._key)

    def complete(
        self, prompt: list[int], options: dict[str, Any], stop_at: Callable[[list[str]], bool]
    ) -> tuple[str, int]:
        """The answer to ``prompt`` and its number of tokens.

        ``stop_at(pieces)`` is called for every token with the text so far, and ends the answer by
        returning True. Raises PostFailed.
        """
        pieces: list[str] = []
        problems: list[str] = []
        tokens = 0

        def receive(chunk: dict[str, Any]) -> bool:
            nonlocal tokens
            if "error" in chunk:
                problems.append(str(chunk["error"].get("message", chunk["error"])))
                return True
            choice = chunk["choices"][0]
            if choice["finish_reason"] is not None:  # the last chunk, without text
                tokens = chunk["usage"]["completion_tokens"]
                return False
            pieces.append(choice["text"])
            tokens = len(pieces)
            return stop_at(pieces)

        self._server.handle_completions({**options, "prompt": prompt, "stream": True}, receive)
        if problems:
            raise PostFailed(f"llama.cpp cannot answer ({problems[0]})")
        return "".join(pieces), tokens


def server_params(path: Path, context_length: int, threads: int, slots: int = 1) -> Any:
    """``xllamacpp.CommonParams`` for the model in ``path``; all slots share ``context_length``."""
    params = import_llama_cpp().CommonParams()
    params.model.path = str(path)
    params.n_ctx = context_length
    params.n_parallel = slots
    params.verbosity = _QUIET
    params.warmup = False
    params.cache_ram_mib = 0  # by default up to 8 GB of prompts that never come again
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = threads
        cpu.poll = 0  # threads that spin while they wait slow down whatever shares the cores
    return params


def slot_context(server: Any, key: str = "") -> int:
    """Tokens of a slot, from the server's main loop: never more than the model was trained for."""
    # The binding has no call for it. A proxy cannot reach this machine.
    request = urllib.request.Request(
        server.listening_address + "/slots", headers={"Authorization": f"Bearer {key}"}
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request) as response:
        return min(slot["n_ctx"] for slot in json.load(response))


def import_llama_cpp() -> Any:
    """The module ``xllamacpp``. Raises PipelineError if it is not installed."""
    try:
        import xllamacpp
    except ImportError as error:
        raise PipelineError("GGUF files need xllamacpp: pip install xllamacpp") from error
    return xllamacpp


def available_cores() -> int:
    """Physical cores that this process may use: hyperthreads make llama.cpp slower."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(allowed or 1, psutil.cpu_count(logical=False) or allowed or 1))


def parallel_answers() -> int:
    """How many posts are answered at a time: one per core, within 1 GB of memory."""
    return min(_MOST_PARALLEL, available_cores())
