"""Progress of a long run: a tqdm bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TextIO

from recipe_pipeline.common.errors import PipelineError

LINE_INTERVAL = 10.0
"""Seconds between two lines when the output is not a terminal (a log file, CI)."""

COST_AFTER = 3
SHORTEST_ESTIMATED = 30.0
"""Seconds; the cost of what is left is shown only if it takes longer."""


@dataclass
class RunReport:
    """Counts of a run; tokens as the server counted them."""

    done: int = 0
    failed: int = 0
    requests: int = 0
    repeats: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    details: dict[str, str] = field(default_factory=dict)
    """Message of the first failure, by reason."""
    interrupted: bool = False
    error: PipelineError | None = None
    seconds: float = 0.0


def cost_line(report: RunReport, noun: str, count: int, left: int, seconds: float) -> str:
    """What ``left`` more items will take if they are like the first ``count``."""
    # Not report.requests, which has those in flight.
    numbers = (count + report.repeats, report.prompt_tokens, report.completion_tokens)
    requests, tokens_in, tokens_out = (_rounded(number / count * left) for number in numbers)
    return (
        f"the other {left:,} {noun} will take about {format_seconds(seconds)}, {requests} requests, "
        f"{tokens_in} tokens in and {tokens_out} out, going by the first {count:,}"
    )


def _rounded(number: float) -> str:
    """Two digits are enough for an estimate: 1,234,567 -> "1.2 million"."""
    if number >= 999_500:
        return f"{number / 1e6:,.1f} million"
    digits = max(0, len(str(round(number))) - 2)
    return f"{round(number, -digits):,.0f}"


def format_seconds(seconds: float) -> str:
    """``1:02:03``, ``2:03`` or ``4.5 s``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Progress:
    """Shows items done of ``total`` (None: unknown), rate, ETA, failures and tokens per second.

    Skipped items shrink the total: they would make rate and ETA wrong.
    """

    def __init__(self, noun: str, total: int | None, stream: TextIO | None = None) -> None:
        self._noun = noun
        self._total = total
        self._stream = stream if stream is not None else sys.stderr
        self._bar = None
        self._started: float | None = None
        self._next_line = 0.0
        self._count = 0
        self._first_after: float | None = None
        self._showed_cost = False
        self.skipped = 0

    def skip(self) -> None:
        """An item already has its output."""
        self.skipped += 1
        if self._total is not None:
            self._total -= 1
        if self._bar is not None:
            self._bar.total = self._total

    def start(self) -> None:
        """The first request is about to be sent."""
        self._started = time.monotonic()
        self._next_line = self._started + LINE_INTERVAL
        if self._stream.isatty():
            from tqdm import tqdm

            self._bar = tqdm(
                total=self._total, desc=self._noun, unit="", file=self._stream, smoothing=0.05
            )

    def advance(self, report: RunReport) -> None:
        """An item is done or has failed."""
        if self._started is None:  # done while the work was listed; does not count for the rate
            self._total = self._total and self._total - 1
            return
        self._count += 1
        self._show_cost(report)
        if self._bar is not None:
            self._bar.set_postfix_str(self._details(report), refresh=False)
            self._bar.update(1)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + LINE_INTERVAL
            self._print(self._line(report))

    def _show_cost(self, report: RunReport) -> None:
        """Print once, after a few replies, what the rest of the run will take."""
        elapsed = self._elapsed()
        if self._first_after is None:
            if not report.done:  # what fails at once says nothing about the others
                return
            self._first_after = elapsed
        # After three times the time of the first reply, the rate is reliable for a server with one
        # slot (three replies) and for one with many (several rounds).
        early = self._count < COST_AFTER or elapsed < COST_AFTER * self._first_after
        if self._showed_cost or early or not report.requests or self._total is None:
            return
        self._showed_cost = True
        left = self._total - self._count
        # The first reply of a server with many slots comes when all of them are about to.
        seconds = left * (elapsed - self._first_after) / (self._count - 1)
        if left > 1 and seconds >= SHORTEST_ESTIMATED:
            self.message(cost_line(report, self._noun, self._count, left, seconds))

    def message(self, text: str) -> None:
        """A line for the user, above the bar."""
        if self._bar is not None:
            self._bar.write(text, file=self._stream)
        else:
            self._print(text)

    def close(self) -> None:
        """End the bar; the last state stays visible."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _elapsed(self) -> float:
        return max(time.monotonic() - (self._started or 0.0), 1e-6)

    def _details(self, report: RunReport) -> str:
        """Of work without requests (04), nothing."""
        if not (report.failed or report.completion_tokens or report.requests):
            return ""
        tokens = report.completion_tokens / self._elapsed()
        return f"{report.failed} failed, {tokens:,.0f} tokens/s"

    def _line(self, report: RunReport) -> str:
        rate = max(self._count / self._elapsed(), 1e-9)
        of, eta = "", ""
        if self._total is not None:
            of = f"/{self._total:,}"
            eta = f", ETA {format_seconds(max(0, self._total - self._count) / rate)}"
        speed = f"{rate:,.1f}/s" if rate >= 1 else f"{1 / rate:,.1f} s each"
        details = self._details(report)
        return f"{self._noun}: {self._count:,}{of}, {speed}{eta}{details and ', '}{details}"

    def _print(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


class MessagesOnly(Progress):
    """Prints messages and nothing else: the caller shows the progress."""

    def __init__(self) -> None:
        super().__init__("", None)

    def start(self) -> None:
        """Nothing to show."""

    def advance(self, report: RunReport) -> None:
        """Nothing to show."""
