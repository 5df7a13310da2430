"""Choose the part of a long page that contains the recipe, so that it fits the model's context.

Each line gets a score for looking like part of a recipe (amounts with units, headings, cooking verbs,
times). The run of lines that fits and scores furthest above the page's average is kept, extended
downwards while the recipe goes on, together with the page's first line as its title.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from recipe_pipeline.common.wording import counted
from recipe_pipeline.extraction.recipe_lines import line_score, opens_with_amount

_SURELY_TOO_LONG = 50  # characters for each token of the budget
_INTERRUPTION = 3  # lines with score 0 that a recipe may contain


@dataclass(frozen=True)
class Window:
    """The text that is kept; ``before`` and ``after`` count the characters cut off on either side,
    ``measured`` the lines among them that begin with an amount."""

    text: str
    before: int = 0
    after: int = 0
    measured: int = 0

    @property
    def is_cut(self) -> bool:
        """Whether anything was cut off."""
        return bool(self.before or self.after)

    def describe(self) -> str:
        """What was cut off, for the user."""
        amounts = (
            f", {counted(self.measured, 'line')} with amounts among them" if self.measured else ""
        )
        cut = ((self.before, "before"), (self.after, "after"))
        sides = " and ".join(f"{count:,} {side} them" for count, side in cut if count)
        return (
            f"the page is too long for the model: it gets the {len(self.text):,} characters that look most "
            f"like a recipe, without {sides}{amounts}"
        )


def choose_window(text: str, budget: int, count_tokens: Callable[[str], int]) -> Window:
    """``text`` itself if it has at most ``budget`` tokens, else the part with the recipe.

    ``count_tokens`` is the model's own count or an estimate. It is called for the whole text and
    for the chosen part, not for every line: lines are measured in characters.
    """
    # No text of this length fits; to count the tokens of megabytes takes seconds.
    counts = len(text) <= _SURELY_TOO_LONG * budget
    total = count_tokens(text) if counts else estimate_tokens(text)
    if counts and total <= budget:
        return Window(text)
    share = budget / total
    while True:
        window = _best_window(text, max(200, int(len(text) * share)))
        if count_tokens(window.text) <= budget or share < 0.001:
            return window
        share *= 0.9  # amounts and fractions take more tokens per character than the rest


def estimate_tokens(text: str) -> int:
    """Estimated tokens of ``text``: three Latin characters each, or one of any other script.

    Cautious: English recipes have about four characters per token.
    """
    plain = sum(character < "\u0250" for character in text)
    return (plain + 2) // 3 + (len(text) - plain)


def _best_window(text: str, size: int) -> Window:
    """The run of lines of at most ``size`` characters that looks most like a recipe."""
    lines = _lines_up_to(text, size)
    title = lines[0] if len(lines[0]) <= size // 4 else ""
    room = size - len(title)
    scores = [line_score(line) for line in lines]
    first, last = _spread(lines, scores, *_densest(lines, scores, room), room)
    before = sum(map(len, lines[:first])) - (len(title) if first else 0)
    kept = "".join(lines[first:last])
    after = sum(map(len, lines[last:]))
    cut = lines[1 if first and title else 0 : first] + lines[last:]
    measured = sum(map(opens_with_amount, cut))
    return Window((title + kept if first else kept).strip(), before, after, measured)


def _densest(lines: list[str], scores: list[float], room: int) -> tuple[int, int]:
    """The run of at most ``room`` characters that scores furthest above the page's average.

    The run with the highest score would include part of an article about the recipe, at the expense
    of the end of the card.
    """
    average = sum(scores) / max(1, sum(map(len, lines)))
    value, length = 0.0, 0
    ends = [(value, length)]  # of everything before line i
    starts: deque[int] = deque()  # where a run may begin, best first
    best, run = -math.inf, (0, 1)
    for last, (line, score) in enumerate(zip(lines, scores, strict=True), 1):
        while starts and ends[starts[-1]][0] > ends[last - 1][0] + 1e-9:
            starts.pop()
        starts.append(last - 1)
        value, length = value + score - average * len(line), length + len(line)
        ends.append((value, length))
        while length - ends[starts[0]][1] > room and len(starts) > 1:
            starts.popleft()
        # The earliest of equal runs: the recipe comes before comments that repeat it.
        if value - ends[starts[0]][0] > best + 1e-9:
            best, run = value - ends[starts[0]][0], (starts[0], last)
    return run


def _spread(
    lines: list[str], scores: list[float], first: int, last: int, room: int
) -> tuple[int, int]:
    """Trim lines with score 0 at both ends. Then add what follows while the recipe goes on, some of
    what precedes, and more of what follows."""
    while first < last - 1 and not scores[first]:
        first += 1
    while last > first + 1 and not scores[last - 1]:
        last -= 1
    used = sum(map(len, lines[first:last]))
    end, length = last, used
    while end < len(lines) and end - last <= _INTERRUPTION and length + len(lines[end]) <= room:
        length += len(lines[end])
        end += 1
        if scores[end - 1]:
            last, used = end, length
    # Half of the rest goes to the lines before, where the dish's name and description are.
    spare = (room - used) // 2
    while first > 0 and len(lines[first - 1]) <= spare:
        first -= 1
        spare -= len(lines[first])
        used += len(lines[first])
    while last < len(lines) and used + len(lines[last]) <= room:
        used += len(lines[last])
        last += 1
    return first, last


def _lines_up_to(text: str, size: int) -> list[str]:
    """Lines with line ends; lines too long for a window are split at sentences or words."""
    longest = max(80, size // 4)
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        while len(line) > longest:
            cut = max(line.rfind(". ", 0, longest) + 2, line.rfind(" ", 0, longest) + 1)
            cut = cut if cut > longest // 4 else longest
            lines.append(line[:cut])
            line = line[cut:]
        lines.append(line)
    return lines or [""]
