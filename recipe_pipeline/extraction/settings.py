"""The settings of 08; their fields are its flags. Imports nothing heavy: ``--help`` loads it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import add_flags, check, flag, settings_from
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings

if TYPE_CHECKING:
    from recipe_pipeline.models.generator import Generator

STDIN = "-"
SUFFIXES = {
    "jsonld": ".json",
    "html": ".html",
    "markdown": ".md",
    "text": ".txt",
    "mealie": ".mealie.json",
    "ingredients": ".ingredients.json",
}
"""Suffix of the output files of each format."""

# Turn marks, system prompt and the words around the post, in Gemma tokens, rounded up.
_PROMPT_TOKENS = 128
_SMALLEST_BUDGET = 256


@dataclass(frozen=True)
class FetchLimits:
    """Limits for what is read. ``fetch_timeout`` covers a page with all its redirects."""

    max_page_mb: float = flag(
        10.0, "largest page or file in megabytes, after decompression", above=0, at_most=100_000
    )
    fetch_timeout: float = flag(
        30.0, "time limit for fetching a page in seconds", above=0, at_most=86_400
    )
    max_redirects: int = 5

    def __post_init__(self) -> None:
        check(self)

    @property
    def max_bytes(self) -> int:
        """The size limit in bytes."""
        return int(self.max_page_mb * 1e6)


@dataclass(frozen=True)
class ModelSettings:
    """The model and how it decodes. With a server, ``model`` is a name there ("": its first)."""

    model: str | None = flag(
        None,
        "adapter, model folder, hub name, 'bundled', 'embedded' or GGUF file (None: ./gemma-3, or "
        "else the bundled one); with --base-url the model's name on the server (None: its first)",
    )
    full_instructions: bool = flag(
        False,
        "with --base-url: send full instructions, for a model that was not finetuned for this task",
    )
    constrained: bool = flag(
        False, "constrain decoding to the recipe JSON schema; for GGUF files and servers"
    )
    context_length: int = flag(
        8192,
        "context length in tokens for post and answer together; of longer pages only the part "
        "around the recipe is read",
        name="--context",
        at_least=1,
    )
    max_new_tokens: int = flag(2048, "longest answer in tokens", at_least=1)
    tries: int = flag(
        3,
        "attempts to get a valid recipe; the sampling temperature rises with each attempt",
        at_least=1,
    )

    def __post_init__(self) -> None:
        check(self)
        if self.post_budget < _SMALLEST_BUDGET:
            raise PipelineError(
                f"--context {self.context_length} leaves no room for a post beside "
                f"--max-new-tokens {self.max_new_tokens}: raise the one or lower the other"
            )

    @property
    def post_budget(self) -> int:
        """Longest post in tokens."""
        return self.context_length - self.max_new_tokens - _PROMPT_TOKENS

    def budget_for(self, model: Generator) -> int:
        """Longest post in tokens for ``model``, whose own context length may be shorter.

        Raises PipelineError if it leaves no room for a post.
        """
        context = model.context_length
        if context is None or context >= self.context_length:
            return self.post_budget
        budget = context - self.max_new_tokens - _PROMPT_TOKENS
        if budget < _SMALLEST_BUDGET:
            raise PipelineError(
                f"the model has a context of {context:,} tokens, which leaves no room for a post "
                f"beside --max-new-tokens {self.max_new_tokens}: lower it"
            )
        return budget


@dataclass(frozen=True)
class ExtractionSettings:
    """``source`` is a file, a folder, a URL or "-"; ``server`` None means a local model."""

    source: str = STDIN
    output: Path | None = flag(
        None,
        "file or folder for the result (None: standard output); required if SOURCE is a folder",
        short="-o",
    )
    output_format: str = flag(
        "jsonld",
        "format of the result; mealie and ingredients give the amount, unit, food and note of each "
        "ingredient",
        name="--format",
        choices=tuple(SUFFIXES),
    )
    strict: bool = flag(False, "fail if the text does not support every line of the recipe")
    ignore_page_data: bool = flag(
        False, "ask the model even if the page has a complete recipe of its own as data"
    )
    overwrite: bool = flag(False, "folders: redo files that are already there")
    model: ModelSettings = field(default_factory=ModelSettings)
    server: ServerSettings | None = None
    runner: RunnerSettings = field(default_factory=RunnerSettings)
    limits: FetchLimits = field(default_factory=FetchLimits)

    def __post_init__(self) -> None:
        check(self)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """All flags of 08."""
    parser.add_argument(
        "source", nargs="?", default=STDIN, help="file, folder, http(s) URL, or - (standard input)"
    )
    add_flags(parser, ExtractionSettings)
    add_flags(parser.add_argument_group("model"), ModelSettings)
    server = parser.add_argument_group("server", "used instead of a local model with --base-url")
    add_flags(server, ServerSettings, leave_out=("model",), base_url=None)
    add_flags(server, RunnerSettings, leave_out=("reply_retries", "server_wait"))
    add_flags(parser.add_argument_group("limits"), FetchLimits)


def extraction_settings(args: argparse.Namespace) -> ExtractionSettings:
    """The settings that parsed flags describe. Raises PipelineError."""
    server = None
    if args.base_url is not None:
        server = settings_from(ServerSettings, args, model=args.model or "")
    return settings_from(
        ExtractionSettings,
        args,
        model=settings_from(ModelSettings, args),
        server=server,
        runner=settings_from(RunnerSettings, args, reply_retries=args.tries - 1),
        limits=settings_from(FetchLimits, args),
    )
