"""Before the first request: is there a server, does it take the key, does it know the model?"""

from __future__ import annotations

import asyncio
import difflib
import sys
import time

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.llm.client import ChatClient
from recipe_pipeline.llm.errors import RequestFailed, shortened
from recipe_pipeline.llm.settings import RunnerSettings

LOADING_PAUSE = 2.0
"""Seconds between checks of a server that is loading its model."""


async def preflight(
    client: ChatClient, wait: float = RunnerSettings.server_wait
) -> list[str] | None:
    """The names of the server's models, None if it does not list them.

    Raises PipelineError if no request could succeed: no server, wrong key.

    A server that is loading its model is waited for, up to ``wait`` seconds. A model that the
    server does not list is a warning on standard error: many serve more than they list.
    """
    settings = client.settings
    try:
        names = await _models(client, time.monotonic() + wait)
    except RequestFailed as failure:
        raise PipelineError(_advice(failure, settings.base_url)) from None
    if names and settings.model and not _is_listed(settings.model, names):
        print(
            f"the server at {settings.base_url} does not list the model {settings.model}; requesting "
            f"it anyway (--model chooses another: {_shown(names, settings.model)})",
            file=sys.stderr,
        )
    return names


async def _models(client: ChatClient, deadline: float) -> list[str] | None:
    reported = False
    while True:
        try:
            return await client.models()
        except RequestFailed as failure:
            left = deadline - time.monotonic()
            if failure.reason != "loading" or left <= 0:
                raise
        if not reported:
            reported = True
            print(
                f"the server at {client.settings.base_url} is loading its model; waiting up to "
                f"{left:.0f} s for it",
                file=sys.stderr,
            )
        await asyncio.sleep(min(LOADING_PAUSE, left))


def _advice(failure: RequestFailed, base_url: str) -> str:
    if failure.reason == "refused_key":
        return (
            f"the server at {base_url} rejects the API key (HTTP {failure.status}); "
            "pass the right one with --api-key"
        )
    if failure.reason == "wrong_address":
        return (
            f"--base-url {base_url} is not the address of the API ({failure.detail}); most end "
            "in /v1"
        )
    if failure.reason == "loading":
        return (
            f"the server at {base_url} is still loading its model ({failure.detail}); run the same "
            "command again when it is ready"
        )
    return (
        f"no server answers at {base_url} ({failure.detail}); start one (LM Studio, Ollama, "
        "vLLM, ...; for 02 and 03 also python -m recipe_pipeline.offline_teacher) or pass --base-url"
    )


def _is_listed(model: str, names: list[str]) -> bool:
    """Ollama adds ":latest" to names, Gemini puts "models/" before them."""
    listed = {variant for name in names for variant in (name, name.removeprefix("models/"))}
    return model in listed or f"{model}:latest" in listed


def _shown(names: list[str], model: str) -> str:
    """Up to five names, the most similar ones first."""
    similar = difflib.get_close_matches(model, names[:1000], n=5, cutoff=0.4)
    first = [*similar, *(name for name in names if name not in similar)][:5]
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return shortened(", ".join(first)) + more
