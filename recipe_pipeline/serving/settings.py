"""The settings of ``08_extract.py --serve``. Imports nothing heavy: ``--help`` loads it."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, replace

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import add_flags, check, flag, settings_from

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
        if self.serve_key is not None:
            object.__setattr__(self, "serve_key", self.serve_key.strip())
            if not self.serve_key or not self.serve_key.isascii():
                raise PipelineError("the API key of --serve is empty or not ASCII: choose another")


def add_serve_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of ``--serve``."""
    add_flags(parser.add_argument_group("serving"), ServeSettings)


def serve_settings(args: argparse.Namespace) -> ServeSettings:
    """The settings that parsed flags and the environment describe. Raises PipelineError."""
    settings = settings_from(ServeSettings, args)
    key = os.environ.get(KEY_VARIABLE)
    if settings.serve_key is None and key:
        settings = replace(settings, serve_key=key)
    return settings
