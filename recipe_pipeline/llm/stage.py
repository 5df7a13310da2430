"""What a stage does with its items, and what a run reports to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.progress import Progress, RunReport
from recipe_pipeline.common.stage_folder import FailureLog
from recipe_pipeline.llm.client import ChatRequest
from recipe_pipeline.llm.completion import Reply
from recipe_pipeline.llm.errors import shortened


class ItemError(Exception):
    """An item that cannot be requested at all (an empty post); ``reason`` is a slug."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Stage(Protocol):
    """What 02 and 03 differ in. An item has a ``stem``, the name of its output file."""

    def request(self, item: Any, repeat: int) -> ChatRequest:
        """The request; ``repeat`` counts the unusable replies so far. Raises ItemError."""

    def accept(self, item: Any, request: ChatRequest, reply: Reply) -> None:
        """Check the reply and write the result. Raises ReplyError, OSError."""


@dataclass(frozen=True)
class StageRun:
    """What a run reports to: the log of failures, the progress display, and the counts."""

    failures: FailureLog
    progress: Progress
    report: RunReport = field(default_factory=RunReport)

    def done(self) -> None:
        """An item is done; its output is written."""
        self.report.done += 1
        self.progress.advance(self.report)

    def fail(self, stem: str, reason: str, detail: str, **extra: Any) -> None:
        """An item has failed; ``reason`` is a slug, ``extra`` goes into the log. Raises OSError."""
        self.failures.add(stem, reason, detail, **extra)
        self.report.failed += 1
        self.report.reasons[reason] += 1
        if reason not in self.report.details:
            # Shown at once, because whatever fails all items is best fixed early.
            self.report.details[reason] = detail
            self.progress.message(f"{stem} failed: {shortened(detail)}")
        self.progress.advance(self.report)


def write_error(error: OSError) -> PipelineError:
    """Disk full, no permission, folder gone: nothing is left half-written, the run can continue."""
    where = f" {error.filename}" if error.filename else ""
    return PipelineError(
        f"cannot write{where}: {error.strerror or error}; fix that and run the same command again "
        "to continue"
    )
