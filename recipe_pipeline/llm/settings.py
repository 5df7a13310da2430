"""Settings of the server and of retries. Imports nothing heavy: ``--help`` loads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import check, flag


@dataclass(frozen=True)
class ServerSettings:
    """An OpenAI-compatible server and the load it gets."""

    base_url: str = flag(
        "http://localhost:1234/v1", "address of an OpenAI-compatible server", metavar="URL"
    )
    model: str = flag("unsloth/Qwen3-14B-unsloth-bnb-4bit", "name of the model on that server")
    api_key: str = flag("lm-studio", "API key of the server", metavar="KEY", repr=False)
    concurrency: int = flag(
        8, "requests in flight; at least the number of slots of the server", at_least=1
    )
    timeout: float = flag(600.0, "time limit of one request in seconds", above=0)
    extra_body: dict[str, Any] = flag(
        dict,
        "additional fields of each request; null leaves a field out, for example "
        '\'{"chat_template_kwargs": {"enable_thinking": false}, "seed": null}\'',
        metavar="JSON",
    )

    def __post_init__(self) -> None:
        check(self)
        _check_url(self.base_url)
        # A key read from a file often ends in a line break.
        object.__setattr__(self, "api_key", self.api_key.strip())
        if not re.fullmatch(r"[\x20-\x7e]*", self.api_key):
            raise PipelineError(
                "--api-key contains a line break or a non-ASCII character; copy it again"
            )

    def fields(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """``options`` of a request as they are sent: with --extra-body, which removes by null."""
        return {k: v for k, v in {**options, **self.extra_body}.items() if v is not None}


@dataclass(frozen=True)
class RunnerSettings:
    """How often to retry an item, and how long to wait for a server that went away."""

    max_retries: int = flag(
        6, "retries of a request after a server error, with growing pauses", at_least=0
    )
    reply_retries: int = flag(2, "retries of a request after an unusable reply", at_least=0)
    server_wait: float = flag(300.0, "seconds to wait for a server that stopped answering", above=0)

    def __post_init__(self) -> None:
        check(self)


def _check_url(base_url: str) -> None:
    if "@" in base_url:
        raise PipelineError(
            "--base-url contains a user name or password (before the @); remove it and pass the "
            "server's key with --api-key"
        )
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets without an IPv6 address, a port above 65535
        usable = False
    if not usable:
        raise PipelineError(
            f"--base-url {base_url} is not a URL (expected something like http://localhost:1234/v1)"
        )
