"""How many tokens an example has, estimated from its characters; 05 counts exactly."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from recipe_pipeline.dataset.chat import split_reasoning

# Characters per token of Gemma 3's tokenizer, measured on 60 recipe pages (262,155 characters,
# English): 4.16 for page text (3.7 to 4.3), 3.79 for recipe JSON (3.3 to 4.0).
PROSE_CHARACTERS_PER_TOKEN = 4.16
JSON_CHARACTERS_PER_TOKEN = 3.79
METHOD = (
    f"estimated at {PROSE_CHARACTERS_PER_TOKEN} characters per token of text and "
    f"{JSON_CHARACTERS_PER_TOKEN} of JSON (Gemma 3, English)"
)
TURN_TOKENS = 10  # <bos>, <start_of_turn>, role, <end_of_turn>, line breaks of Gemma's two turns


@dataclass(frozen=True)
class Lengths:
    """Tokens of one example as 05 trains it (think trace removed) and with its think trace."""

    answer_only: int
    with_reasoning: int


def measure(messages: Sequence[dict[str, str]]) -> Lengths:
    """Estimated tokens of one chat whose last message is the answer."""
    thoughts, bare = split_reasoning(messages[-1]["content"])
    prompt = "\n\n".join(message["content"] for message in messages[:-1])
    base = len(prompt) / PROSE_CHARACTERS_PER_TOKEN + len(bare) / JSON_CHARACTERS_PER_TOKEN
    extra = len(thoughts) / PROSE_CHARACTERS_PER_TOKEN
    return Lengths(round(base) + TURN_TOKENS, round(base + extra) + TURN_TOKENS)


@dataclass(frozen=True)
class LengthSummary:
    """Quantiles in tokens, and how many examples are longer than ``limit``."""

    examples: int
    median: int
    p90: int
    longest: int
    over_limit: int
    limit: int

    @property
    def over_share(self) -> float:
        return self.over_limit / self.examples if self.examples else 0.0

    def __str__(self) -> str:
        return (
            f"median {self.median:,}, 90 % up to {self.p90:,}, longest {self.longest:,}; "
            f"{self.over_share:.1%} exceed {self.limit:,}"
        )


def summarise(lengths: Sequence[int], limit: int) -> LengthSummary:
    """Summary of ``lengths`` (tokens per example)."""
    ordered = sorted(lengths)
    n = len(ordered)
    median, p90, longest = (
        ordered[min(n - 1, int(share * n))] if n else 0 for share in (0.5, 0.9, 1.0)
    )
    return LengthSummary(n, median, p90, longest, n - bisect_right(ordered, limit), limit)
