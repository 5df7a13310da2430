"""A language model on this machine, for 02 and 03: llama.cpp's server at http://localhost:1234/v1.

    python -m recipe_pipeline.workflows.local_llm                       # make llm
    python -m recipe_pipeline.workflows.local_llm --model model.gguf

Without --model it serves Qwen2.5-Coder-1.5B-Instruct (pip install -r requirements-llm.txt), which is
small enough for any machine. LM Studio, Ollama or vLLM with a larger model write better posts and
labels.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import add_flags, check, flag, settings_from
from recipe_pipeline.common.listening import listen
from recipe_pipeline.common.signals import stop_signals
from recipe_pipeline.common.wording import counted
from recipe_pipeline.models import packaged_llm
from recipe_pipeline.models.gguf_file import GgufFile, read_metadata
from recipe_pipeline.models.llama_server import (
    available_cores,
    import_llama_cpp,
    server_params,
    slot_context,
)

HOST = "127.0.0.1"
USUAL_PORT = 1234
"""Where 02 and 03 look by default, and LM Studio serves."""
MOST_SLOTS = 8
CORES_PER_SLOT = 4
LEAST_CONTEXT, USUAL_CONTEXT, MOST_CONTEXT = 4096, 8192, 16384
"""Tokens: a post of 2,000 words and its label take 6,000; a model that thinks writes as many again."""
MEMORY_FOR_THE_REST = 1_000_000_000
"""Bytes that llama.cpp needs besides the model and its contexts."""
CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")
UNKNOWN_PER_TOKEN = 200_000
"""Bytes of a token if the file does not say: a model with 14 billion parameters."""


@dataclass(frozen=True)
class LocalLlmSettings:
    """Flags of this command."""

    model: Path | None = flag(
        None, "GGUF file of any chat model (None: the packaged Qwen2.5-Coder-1.5B-Instruct)"
    )
    port: int = flag(
        USUAL_PORT, "port on this machine; 02 and 03 expect 1234", at_least=1, at_most=65535
    )
    slots: int | None = flag(
        None,
        "requests answered at the same time (None: one for every four cores, if memory allows)",
        at_least=1,
    )
    context: int | None = flag(
        None,
        "tokens of one request and its reply together (None: as memory allows, up to 16,384)",
        at_least=1024,
        metavar="TOKENS",
    )

    def __post_init__(self) -> None:
        check(self)


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Flags of this command."""
    parser = cli.build_parser(__doc__)
    parser.prog = "python -m recipe_pipeline.workflows.local_llm"
    add_flags(parser, LocalLlmSettings)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM; returns the exit code."""
    settings = settings_from(LocalLlmSettings, parse_args(argv))
    listen(HOST, settings.port).close()
    import_llama_cpp()
    if settings.model is None:
        path, name = packaged_llm.packaged_llm(), packaged_llm.NAME
    else:
        path, name = settings.model, settings.model.stem
    load = load_for(settings, path)
    stopped = threading.Event()
    # While it loads, too: a server that is closed before it has begun to serve waits forever.
    with stop_signals(stopped.set):
        server = start(settings, path, name, load)
        address = f"http://localhost:{settings.port}/v1"
        elsewhere = "" if settings.port == USUAL_PORT else f" --base-url {address}"
        print(
            f"{name} at {address}: {load.slots} at a time, up to {slot_context(server):,} tokens each "
            f"({load.reason}; --slots and --context change it). Ctrl-C stops it. For 02 and 03:\n"
            f"    --model {name} --concurrency {load.slots}{elsewhere}",
            flush=True,
        )
        # With a time-out, because a plain wait blocks signals on Windows.
        while not stopped.wait(1.0):
            pass
    return 0


@dataclass(frozen=True)
class Load:
    """Requests at the same time, tokens for each, and what decided it."""

    slots: int
    context: int
    reason: str


def load_for(settings: LocalLlmSettings, path: Path) -> Load:
    """The slots and context that fit this machine with the model in ``path``, unless flags set them.

    Few cores get one slot: they would answer two requests together no sooner than in turn. Raises
    PipelineError if ``path`` is not a GGUF model.
    """
    try:
        model = read_metadata(path)
        free = available_memory() - path.stat().st_size
    except OSError as error:
        raise PipelineError(f"cannot read --model {path}: {error.strerror}") from None
    per_token = memory_per_token(model)
    tokens = max(0, free - MEMORY_FOR_THE_REST) // per_token
    cores = available_cores()
    least = settings.context or USUAL_CONTEXT
    slots = settings.slots or max(1, min(MOST_SLOTS, cores // CORES_PER_SLOT, tokens // least))
    context = settings.context or min(max(LEAST_CONTEXT, tokens // slots), MOST_CONTEXT)
    reason = (
        f"{counted(cores, 'core')}, {max(0, free) / 1e9:.1f} GB of memory beside the model, "
        f"{per_token * context / 1e9:.1f} GB for each"
    )
    return Load(slots, context, reason)


def available_memory() -> int:
    """Bytes that this process may take: a container can have less than its machine."""
    import psutil

    available = psutil.virtual_memory().available
    with suppress(OSError, ValueError):  # no container, or one without a limit ("max")
        available = min(available, int(CONTAINER_LIMIT.read_text()))
    return available


def memory_per_token(model: GgufFile) -> int:
    """Bytes that a token takes in the cache of keys and values, 16 bits each; more than that in models
    that do not look back all the way."""

    def number(key: str) -> int:
        value = model.value(f"{model.value('general.architecture')}.{key}")
        return int(np.max(value)) if value is not None else 0

    heads = number("attention.head_count") or 1
    size = number("embedding_length") // heads
    keys = number("attention.key_length") or size
    values = number("attention.value_length") or size
    layers = number("block_count") * (number("attention.head_count_kv") or heads)
    return 2 * layers * (keys + values) or UNKNOWN_PER_TOKEN


def start(settings: LocalLlmSettings, path: Path, name: str, load: Load) -> Any:
    """The running server. Raises PipelineError."""
    params = server_params(path, load.context * load.slots, available_cores(), load.slots)
    params.model_alias = {name}
    params.hostnames, params.port = [HOST], settings.port
    print(f"Loading {path}", file=sys.stderr, flush=True)
    try:
        return import_llama_cpp().Server(params)
    except RuntimeError as error:
        raise PipelineError(
            f"cannot serve {path} ({error}): it is not a whole GGUF file, this version of xllamacpp "
            "does not support the model, or memory is short (lower --slots or --context)"
        ) from error


if __name__ == "__main__":
    sys.exit(cli.run(main, to_go_on="run the same command again"))
