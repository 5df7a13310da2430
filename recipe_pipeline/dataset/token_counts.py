"""How many tokens an example has, estimated from its characters; 05 counts exactly."""

from __future__ import annotations

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


def described(lengths: Sequence[int], limit: int) -> str:
    """Quantiles of ``lengths`` (tokens per example, at least one), and the share above ``limit``."""
    ordered = sorted(lengths)
    median, p90 = (ordered[int(share * len(ordered))] for share in (0.5, 0.9))
    over = sum(length > limit for length in lengths) / len(lengths)
    return (
        f"median {median:,}, 90 % up to {p90:,}, longest {ordered[-1]:,}; "
        f"{over:.1%} exceed {limit:,}"
    )
