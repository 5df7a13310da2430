"""Settings of stages 2 and 3. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.seeding import derived_seed


@dataclass(frozen=True)
class SamplingSettings:
    """What the server is asked for. None leaves a value to the server; ``extra`` is sent as it is.

    ``seed`` is mixed with the name of the item: the same item gets the same seed in every run.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    seed: int = 0
    extra: dict[str, Any] = field(default_factory=dict)

    def options(self, stem: str, repeat: int) -> dict[str, Any]:
        """Fields of the request of one item; another ``repeat`` means another seed."""
        options: dict[str, Any] = {"seed": derived_seed(self.seed, stem, repeat)}
        if self.temperature is not None:
            options["temperature"] = self.temperature
        if self.max_tokens is not None:
            options["max_tokens"] = self.max_tokens
        return {**options, **self.extra}


@dataclass(frozen=True)
class StageSettings:
    """Where a stage writes and what it calls its items ("posts")."""

    output: Path
    suffix: str
    noun: str
    overwrite: bool = False


ENGINES = ("asyncio", "ray")


@dataclass(frozen=True)
class EngineSettings:
    """What runs a stage: this process, or ``workers`` processes of the Ray cluster at
    ``ray_address`` (None: a Ray started on this machine for the run)."""

    name: str = ENGINES[0]
    ray_address: str | None = None
    workers: int = 2

    def __post_init__(self) -> None:
        if self.name not in ENGINES:
            raise PipelineError(f"--engine {self.name} is none of {', '.join(ENGINES)}")
        if self.ray_address is not None and self.name != "ray":
            raise PipelineError("--ray-address is of no use without --engine ray; add it")
        if self.workers < 1:
            raise PipelineError(f"--ray-workers {self.workers} is not at least 1")


def check_share(name: str, value: float) -> None:
    """Raises PipelineError unless ``value`` is within 0 and 1."""
    if not 0 <= value <= 1:
        raise PipelineError(f"{name} {value:g} is not between 0 and 1")
