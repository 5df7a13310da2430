"""Experiment tracking: Weights & Biases or nothing, behind the same calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol


class Tracker(Protocol):
    """What the training loop tells a tracker, in this order."""

    def start(self, settings: dict[str, Any]) -> str | None:
        """Begin a run with its settings; returns the run's id, None when nothing is tracked."""

    def callbacks(self) -> list[Any]:
        """transformers ``TrainerCallback`` objects that log while training."""

    def log_metrics(self, metrics: dict[str, float]) -> None:
        """Numbers of the whole run."""

    def log_table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        """A table a person looks at, such as held-out posts with their answers."""

    def log_adapter(self, path: Path) -> None:
        """Keep the trained adapter as an artifact."""

    def finish(self, exit_code: int = 0) -> None:
        """End the run; a non-zero code marks it failed."""


class NullTracker:
    """Tracks nothing."""

    def start(self, settings: dict[str, Any]) -> str | None:
        return None

    def callbacks(self) -> list[Any]:
        return []

    def log_metrics(self, metrics: dict[str, float]) -> None:
        return None

    def log_table(self, name: str, columns: list[str], rows: list[list[Any]]) -> None:
        return None

    def log_adapter(self, path: Path) -> None:
        return None

    def finish(self, exit_code: int = 0) -> None:
        return None
