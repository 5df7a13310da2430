"""How many tokens an example has: counted with a tokenizer, or an estimate marked as such."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.dataset.chat import split_reasoning

# Characters per token of Gemma 3's tokenizer, measured on 60 recipe pages (262,155 characters,
# English): 4.16 for page text (3.7 to 4.3), 3.79 for recipe JSON (3.3 to 4.0).
PROSE_CHARACTERS_PER_TOKEN = 4.16
JSON_CHARACTERS_PER_TOKEN = 3.79
TURN_TOKENS = 10  # <bos>, <start_of_turn>, role, <end_of_turn>, line breaks of Gemma's two turns


@dataclass(frozen=True)
class Lengths:
    """Tokens of one example as 05 trains it (think trace removed) and with its think trace."""

    answer_only: int
    with_reasoning: int


class TokenCounter:
    """Counts with ``tokenizer.json`` if a path is given, otherwise estimates by characters."""

    def __init__(self, tokenizer: Path | None = None) -> None:
        self.exact = tokenizer is not None
        self._tokenizer = _load(tokenizer) if tokenizer else None

    @property
    def how(self) -> str:
        """Where the numbers come from, as a sentence fragment."""
        if self.exact:
            return "counted with the given tokenizer"
        return (
            f"estimated at {PROSE_CHARACTERS_PER_TOKEN} characters per token of text and "
            f"{JSON_CHARACTERS_PER_TOKEN} of JSON (Gemma 3, English); --tokenizer counts exactly"
        )

    def measure(self, messages: Sequence[dict[str, str]]) -> Lengths:
        """Lengths in tokens of one chat whose last message is the answer."""
        thoughts, bare = split_reasoning(messages[-1]["content"])
        prompt = "\n\n".join(message["content"] for message in messages[:-1])
        if self._tokenizer is None:
            base = len(prompt) / PROSE_CHARACTERS_PER_TOKEN + len(bare) / JSON_CHARACTERS_PER_TOKEN
            extra = len(thoughts) / PROSE_CHARACTERS_PER_TOKEN
        else:
            encoded = self._tokenizer.encode_batch_fast(
                [prompt, bare, thoughts], add_special_tokens=False
            )
            base, extra = len(encoded[0]) + len(encoded[1]), len(encoded[2])
        return Lengths(round(base) + TURN_TOKENS, round(base + extra) + TURN_TOKENS)


def _load(path: Path):  # the Tokenizer class is imported lazily
    file = path / "tokenizer.json" if path.is_dir() else path
    if not file.is_file():
        raise PipelineError(
            f"no tokenizer.json at {path}: give --tokenizer a folder that contains one"
        )
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise PipelineError(
            "counting tokens needs the tokenizers package: pip install tokenizers, "
            "or leave out --tokenizer for an estimate"
        ) from error
    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the Rust side raises bare Exception for a bad file
        raise PipelineError(f"{file} is not a file of the tokenizers library: {error}") from error


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
