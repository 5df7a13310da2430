"""Settings of the offline teacher; imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.flags import check, flag

MODEL = "offline-teacher"
"""The name by which the teacher signs its replies, whatever model was asked for."""


@dataclass(frozen=True)
class TeacherSettings:
    """``memory_path`` None keeps the memory in RAM; the command line puts it in the cache folder."""

    memory_path: Path | None = flag(
        None,
        "SQLite file that keeps the label of every post (if omitted, a file in the cache folder)",
        name="--memory",
    )
    length: float = flag(1.0, "length factor for the prose around recipes", at_least=0, at_most=20)
    max_length: float | None = flag(
        None, "draw each post's length factor between --length and this", at_most=20
    )
    breadth: float = flag(
        0.0,
        "share of posts that look like a whole page of any web site, with its menus, teasers and "
        "comments, rather than like a typical blog post",
        at_least=0,
        at_most=1,
    )

    def __post_init__(self) -> None:
        check(self)
        if self.max_length is not None and self.max_length < self.length:
            raise PipelineError(
                f"--max-length {self.max_length} is below --length {self.length}: swap them"
            )

    @property
    def lengths(self) -> float | tuple[float, float]:
        """One length factor for all posts, or the range to draw it from."""
        return self.length if self.max_length is None else (self.length, self.max_length)
