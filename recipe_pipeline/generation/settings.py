"""Settings and flags of stages 2 and 3. Imports nothing heavy: ``--help`` loads it."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import add_flags, check, flag, settings_from
from recipe_pipeline.common.seeding import derived_seed
from recipe_pipeline.llm.settings import RunnerSettings, ServerSettings


@dataclass(frozen=True)
class BlogSettings:
    """Which recipes become posts, and where."""

    csv: Path = flag(Path("./kaggle_dataset/allrecipes.csv"), "recipes to read")
    output: Path = flag(
        Path("./generated_recipes_blog"), "folder for the posts", name="--output-blog"
    )
    limit: int = flag(2, "number of recipes (0: all)", at_least=0)
    skip: int = flag(0, "recipes to skip at the start", at_least=0)
    posts_per_recipe: int = flag(
        1, "posts to write about each recipe, each in its own style", at_least=1
    )
    hard_cases: float = flag(
        0.0,
        "share (0 to 1) of posts with missing parts, two dishes or no recipe at all",
        at_least=0,
        at_most=1,
        metavar="SHARE",
    )
    unchecked: bool = flag(
        False, "keep posts as the model writes them: Markdown stays, and no fault is looked for"
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class LabelSettings:
    """Which posts get a label, and where."""

    posts: Path = flag(
        Path("./generated_recipes_blog"), "folder with the posts", name="--input", short="-i"
    )
    output: Path = flag(Path("./llm_output_reasoning"), "folder for the recipes", short="-o")
    limit: int | None = flag(None, "number of posts (None or 0: all)", at_least=0)
    skip: int = flag(0, "posts to skip at the start", at_least=0)
    verify: int = flag(
        1, "retries for a recipe that the post does not support (0: no check)", at_least=0
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class SamplingSettings:
    """How replies are sampled; None leaves a value to the server.

    ``seed`` is combined with the name of the item: an item gets the same seed in every run.
    """

    temperature: float | None = flag(None, "sampling temperature, 0 to 2", at_least=0, at_most=2)
    max_tokens: int | None = flag(
        None, "token limit of a reply, reasoning included (None: the server's limit)", at_least=1
    )
    seed: int = flag(0, "fixes styles and, if the server supports it, the replies")

    def __post_init__(self) -> None:
        check(self)

    def options(self, stem: str, repeat: int) -> dict[str, Any]:
        """Fields of the request of one item; every ``repeat`` has its own seed."""
        options: dict[str, Any] = {"seed": derived_seed(self.seed, stem, repeat)}
        if self.temperature is not None:
            options["temperature"] = self.temperature
        if self.max_tokens is not None:
            options["max_tokens"] = self.max_tokens
        return options


@dataclass(frozen=True)
class EngineSettings:
    """What sends the requests: this process, or worker processes of a Ray cluster."""

    engine: str = flag(
        "asyncio",
        "asyncio: this process; ray: worker processes (pip install -r requirements-scale.txt)",
        choices=("asyncio", "ray"),
    )
    ray_address: str | None = flag(
        None,
        "host:port of a running Ray cluster, or auto (None: start Ray on this machine)",
        metavar="ADDR",
    )
    ray_workers: int = flag(2, "Ray worker processes; they share --concurrency evenly", at_least=1)

    def __post_init__(self) -> None:
        check(self)
        if self.ray_address is not None and self.engine != "ray":
            raise PipelineError("--ray-address needs --engine ray")


@dataclass(frozen=True)
class GenerationSettings:
    """How a stage gets its replies: everything 02 and 03 have in common."""

    server: ServerSettings = field(default_factory=ServerSettings)
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    runner: RunnerSettings = field(default_factory=RunnerSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    overwrite: bool = flag(False, "redo finished items")
    preview: bool = flag(
        False, "print the first result and stop; the output folder is neither read nor changed"
    )


@dataclass(frozen=True)
class StageSettings:
    """Where a stage writes and what it calls its items ("posts")."""

    output: Path
    suffix: str
    noun: str
    overwrite: bool = False


def add_generation_flags(parser: argparse.ArgumentParser, temperature: float) -> None:
    """Flags for all fields of `GenerationSettings`; ``temperature`` is the stage's default."""
    add_flags(parser.add_argument_group("server"), ServerSettings)
    add_flags(parser.add_argument_group("sampling"), SamplingSettings, temperature=temperature)
    run = parser.add_argument_group("run")
    add_flags(run, RunnerSettings)
    add_flags(run, GenerationSettings)
    add_flags(parser.add_argument_group("engine", "see docs/scaling.md"), EngineSettings)


def generation_settings(args: argparse.Namespace) -> GenerationSettings:
    """The settings behind the flags of `add_generation_flags`."""
    return GenerationSettings(
        settings_from(ServerSettings, args),
        settings_from(SamplingSettings, args),
        settings_from(RunnerSettings, args),
        settings_from(EngineSettings, args),
        args.overwrite,
        args.preview,
    )
