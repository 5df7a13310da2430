"""Answers that have begun to repeat themselves: small models can fall into a loop."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

# A passage of up to 32 tokens that occurs four times in a row is a loop, not a recipe; so is a
# longer one (several steps, the whole recipe) that occurs three times.
SHORT_PERIOD = 32
SHORT_REPEATS = 4
LONG_PERIOD = 512
LONG_REPEATS = 3
CHECK_EVERY = 16


def in_loop(tokens: Sequence[Hashable]) -> bool:
    """Whether an answer ends in a loop and would run on to the token limit.

    True if its end is one passage of at most 32 tokens, four times in a row, or one of at most
    512 tokens, three times.
    """
    # Short passages have to fill two of the longest, so that "0000" in a number is not a loop.
    least = SHORT_PERIOD * 2
    for period in range(1, min(LONG_PERIOD, len(tokens) // LONG_REPEATS) + 1):
        if tokens[-1] != tokens[-1 - period]:
            continue
        length = max(period * SHORT_REPEATS, least)
        if period > SHORT_PERIOD:
            length = max(period * LONG_REPEATS, SHORT_PERIOD * SHORT_REPEATS)
        if len(tokens) < length:
            continue
        tail = list(tokens[-length:])
        if tail[period:] == tail[:-period]:
            return True
    return False
