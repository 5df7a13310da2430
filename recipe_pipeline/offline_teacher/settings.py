"""Settings of the offline teacher; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import check, flag


@dataclass(frozen=True)
class TeacherSettings:
    """``memory_path`` None keeps the memory in RAM; the command line puts it in the cache folder."""

    memory_path: Path | None = flag(
        None,
        "SQLite file for the label of every post (None: in the user's cache folder)",
        name="--memory",
    )
    reasoning_place: str = flag(
        "content",
        "where reasoning goes: <think> in the content, or a field of its own",
        choices=("content", "reasoning_content", "reasoning"),
    )
    length: float = flag(1.0, "scale of the prose around the recipes", at_least=0, at_most=20)
    max_length: float | None = flag(
        None, "draw the scale of each post between --length and this", at_most=20
    )

    def __post_init__(self) -> None:
        check(self)
        if self.max_length is not None and self.max_length < self.length:
            raise PipelineError(
                f"--max-length {self.max_length} is below --length {self.length}: swap them"
            )

    @property
    def lengths(self) -> float | tuple[float, float]:
        """One scale for all posts, or the range to draw it from."""
        return self.length if self.max_length is None else (self.length, self.max_length)
