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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recipe_pipeline.common import cli
from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import add_flags, check, flag, settings_from
from recipe_pipeline.common.listening import listen
from recipe_pipeline.common.signals import stop_signals
from recipe_pipeline.models import packaged_llm
from recipe_pipeline.models.llama_server import (
    available_cores,
    import_llama_cpp,
    server_params,
    slot_context,
)

HOST = "127.0.0.1"
MOST_SLOTS = 8
CORES_PER_SLOT = 4
MEMORY_PER_SLOT = 2_000_000_000
"""Bytes: a long context of a model with 14 billion parameters; smaller models need less."""


@dataclass(frozen=True)
class LocalLlmSettings:
    """Flags of this command."""

    model: Path | None = flag(
        None, "GGUF file of any chat model (None: the packaged Qwen2.5-Coder-1.5B-Instruct)"
    )
    port: int = flag(1234, "port on this machine; 02 and 03 expect 1234", at_least=1, at_most=65535)
    slots: int | None = flag(
        None, "requests answered at the same time (None: one for every four cores)", at_least=1
    )
    context: int = flag(
        8192, "tokens of one request and its reply together", at_least=1024, metavar="TOKENS"
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
    server, name, slots = start(settings)
    stopped = threading.Event()
    with stop_signals(stopped.set):
        context = slot_context(server)
        print(
            f"{name} at http://localhost:{settings.port}/v1: {slots} at a time, up to {context:,} "
            f"tokens each (Ctrl-C stops it). For 02 and 03:\n"
            f"    --model {name} --concurrency {slots}",
            flush=True,
        )
        # With a time-out, because a plain wait blocks signals on Windows.
        while not stopped.wait(1.0):
            pass
    return 0


def start(settings: LocalLlmSettings) -> tuple[Any, str, int]:
    """The running server, the name of its model and its number of slots. Raises PipelineError."""
    listen(HOST, settings.port).close()  # llama.cpp does not say that the port is taken
    xllamacpp = import_llama_cpp()
    if settings.model is None:
        path, name = packaged_llm.packaged_llm(), packaged_llm.NAME
    else:
        path, name = settings.model, settings.model.stem
    cores = available_cores()
    slots = settings.slots or slots_for(cores, path.stat().st_size)
    params = server_params(path, settings.context * slots, cores, slots)
    params.model_alias = {name}
    params.hostnames, params.port = [HOST], settings.port
    print(f"Loading {path}", file=sys.stderr, flush=True)
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        raise PipelineError(
            f"cannot serve {path} ({error}): it is not a whole GGUF file, this version of xllamacpp "
            "does not support the model, or memory is short (lower --slots or --context)"
        ) from error
    return server, name, slots


def slots_for(cores: int, model_bytes: int) -> int:
    """As many as cores and free memory allow: on a few cores two replies at a time are not faster."""
    import psutil

    memory = psutil.virtual_memory().available - model_bytes
    return max(1, min(MOST_SLOTS, cores // CORES_PER_SLOT, memory // MEMORY_PER_SLOT))


if __name__ == "__main__":
    sys.exit(cli.run(main, to_go_on="run the same command again"))
