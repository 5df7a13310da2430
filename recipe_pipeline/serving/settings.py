"""The settings of ``08_extract.py --serve``. Imports nothing heavy: ``--help`` loads it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import check, flag

KEY_VARIABLE = "RECIPE_SERVE_KEY"


@dataclass(frozen=True)
class ServeSettings:
    """Where the server listens, and whom it answers."""

    serve: bool = flag(
        False,
        "serve extraction over HTTP instead: an OpenAI-compatible API for recipe managers, POST "
        "/extract, and a page to try it at /",
    )
    host: str = flag(
        "127.0.0.1",
        "address to listen on; 127.0.0.1 admits only this machine, 0.0.0.0 every machine that can "
        "reach it (then set a key)",
    )
    port: int = flag(8008, "port to listen on; 0 takes a free one", at_least=0, at_most=65_535)
    serve_key: str | None = flag(
        None,
        f"API key that clients must send (None: ${KEY_VARIABLE}, or no key if that is not set)",
        metavar="KEY",
        repr=False,
    )
    allow_private: bool = flag(
        False, "let clients fetch URLs of this machine and of private networks, too"
    )
    allow_host: str = flag(
        "",
        "other names under which clients reach this server, separated by commas (recipes.example.org)",
        metavar="NAMES",
    )

    def __post_init__(self) -> None:
        check(self)
        key = self.serve_key
        if key is None:
            key = os.environ.get(KEY_VARIABLE) or None
        if key is not None:
            key = key.strip()
            if not key or not key.isascii():
                raise PipelineError("the API key of --serve is empty or not ASCII: choose another")
        object.__setattr__(self, "serve_key", key)
