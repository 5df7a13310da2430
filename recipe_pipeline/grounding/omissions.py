"""What a label leaves out although the post says it: by the source's facts, and by the post alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise, takewhile

from recipe_pipeline.grounding.lines import ingredient_support
from recipe_pipeline.grounding.post_index import (
    LINE_BREAK,
    NO_BREAK,
    STOP_WORDS,
    PostIndex,
    canonical,
    content_words,
    is_number,
    line_tokens,
)
from recipe_pipeline.text.durations import HOURS_OR_MINUTES
from recipe_pipeline.text.vocabulary import KITCHEN_VERBS, UNIT_NAMES

STATED = 0.85  # a source line counts as stated in the post from this degree on
COVERED = 0.6  # share of a line's words that the label must hold to have it
MAX_LIST_LINE = 18  # tokens; longer lines are prose, not list entries

_STEP_STARTS = frozenset(canonical(verb) for verb in KITCHEN_VERBS.split())
_NO_FOOD = frozenset(
    {
        "serv",
        "minute",
        "hour",
        "day",
        "year",
        "calori",
        "rate",
        "review",
        "vote",
        "comment",
        "reply",
        "step",
    }
)
_CHAT = frozenset(
    {
        "i",
        "my",
        "me",
        "we",
        "us",
        "our",
        "photo",
        "link",
        "recip",
    }
)
# What a page asks of its reader, wherever in the sentence it does ("When you try it, leave a comment!").
_PAGE_TALK = frozenset(
    map(canonical, ("newsletter", "comment", "copyright", "photograph", "subscribe", "repost"))
)
# "Cook time 20 minutes", "Preparation15 min", "Makes 4 servings", "Description: charred chicken in
# a sauce.": facts of the card, no steps.
_FACT_LINE = re.compile(
    r"\W*(?:(?:prep|cook|bak|total|ready|makes|serves)[a-z]*(?: ?time| ?in)?\W*\d"
    r"|(?:description|summary|category|course|cuisine|keywords?|author|notes?)\W*:)"
)
# "Set aside 10 minutes for the prep work. Start to finish it takes an hour." "When you try this, let me
# know how it goes!" "Ladle & Co."
_TALK = re.compile(
    r"\b(?:start to finish|for the prep|prep (?:work|time)|total time|let (?:me|us) know)\b|& co\."
)
_YEAR = re.compile(r"(?:19|20)\d\d")
# No amounts: "10m prep" and "1 h 20 min" are times, "One-pot pasta" is the title of another post.
_NO_AMOUNT = re.compile(
    rf"\W*(?:\d[\d.]*[ -]?{HOURS_OR_MINUTES}|one (?:pot|pan|bowl|skillet|sheet|dish))\b"
)
_OPENERS = frozenset(map(canonical, (
    "in", "on", "at", "when", "once", "after", "while", "meanwhile", "use", "then", "next", "for",
)))  # fmt: skip


def missing_ingredients(
    source_lines: Sequence[str], label_lines: Sequence[str], post: PostIndex
) -> list[str]:
    """Source lines that the post states and that no label line of its own tells."""
    free = [set(_essence(line)) for line in label_lines]
    told: list[set[str]] = []
    pending: list[tuple[str, set[str]]] = []
    # Exact counterparts first, so that "1 egg" does not take the label line of "1 egg white".
    for line in source_lines:
        essence = set(_essence(line))
        exact = [i for i, label in enumerate(free) if essence and essence <= label]
        if exact:
            free.pop(min(exact, key=lambda i: len(free[i])))
            told.append(essence)
        elif essence not in told:  # a source may list an ingredient twice, a post once
            pending.append((line, essence))
    missing = []
    for line, essence in pending:
        shares = [len(essence & label) / len(essence) if essence else 0.0 for label in free]
        best = max(range(len(free)), key=shares.__getitem__, default=None)
        if best is not None and shares[best] >= COVERED:
            free.pop(best)
        elif essence and _is_listed(line, post):
            missing.append(line)
    return missing


def _head(line: str) -> Sequence[str]:
    """Tokens of a line up to the comma or colon behind its food, amounts after it included."""
    tokens = line_tokens(line)
    for at in range(1, len(tokens.words)):
        ends = tokens.breaks[at] and not is_number(tokens.words[at])
        if ends and any(w not in UNIT_NAMES and not is_number(w) for w in tokens.words[:at]):
            return tokens.words[:at]
    return tokens.words


def _essence(line: str) -> list[str]:
    """Numbers and content words of the head of a line, units left out."""
    return [w for w in _head(line) if w not in STOP_WORDS and w not in UNIT_NAMES]


def _is_listed(line: str, post: PostIndex) -> bool:
    """Whether the post gives ``line`` as an ingredient, not only mentions the food in a step."""
    words = _head(line)
    if any(is_number(word) for word in words):
        return ingredient_support(line.split(",", 1)[0], post, explicit=True).degree >= STATED
    return any(_is_entry(post, place, len(words)) for place in post.places_of(words))


def _is_entry(post: PostIndex, at: int, size: int) -> bool:
    """Whether the ``size`` tokens from ``at`` on have a line, or an entry of a comma list, to themselves."""
    start, end = at, at + 1
    while start > 0 and post.breaks[start] != LINE_BREAK:
        start -= 1
    while end < len(post.words) and post.breaks[end] != LINE_BREAK:
        end += 1
    if end - start <= size + 6:
        return True
    opens = [p for p in range(start, end) if p == start or post.breaks[p] != NO_BREAK]
    # Steps have commas too, but seldom three amounts that follow one.
    listed = sum(is_number(post.words[p]) for p in opens) >= 3
    return listed and at in opens and (at + size == end or at + size in opens)


def missing_steps(
    source_steps: Iterable[str], label_steps: Sequence[str], post: PostIndex
) -> list[str]:
    """Source directions that stand in the post word for word and that the label does not tell."""
    wanted = {step: line_tokens(step).words for step in source_steps}
    wanted = {step: words for step, words in wanted.items() if len(content_words(words)) > 1}
    told = [_joined(line_tokens(step).words) for step in label_steps]
    left = list(told)
    # Exact counterparts first, the longest before their parts, so that another baking in the label
    # does not pass for "Bake for 20 minutes."
    exact = {
        step
        for step in sorted(wanted, key=lambda step: -len(wanted[step]))
        if _take_out(_joined(wanted[step]), left)
    }
    rest = [set(words.split()) for words in left]
    return [
        step
        for step, words in wanted.items()
        if step not in exact
        and len(post.places_of(words)) > sum(text.count(_joined(words)) for text in told)
        and not _told(words, rest)
    ]


def _joined(words: Sequence[str]) -> str:
    return f" {' '.join(words)} "


def _take_out(step: str, texts: list[str]) -> bool:
    """Remove ``step`` from the first of ``texts`` that holds it; False when none does."""
    for at, text in enumerate(texts):
        if step in text:
            texts[at] = text.replace(step, "  ", 1)
            return True
    return False


def _told(words: Sequence[str], label_steps: Sequence[set[str]]) -> bool:
    wanted = set(content_words(words))
    return any(len(wanted & step) >= COVERED * len(wanted) for step in label_steps)


class ListLines:
    """The lines of a post, to find list entries between and beside the ones a label has."""

    def __init__(self, post: PostIndex) -> None:
        self._post = post
        self._raw = post.tokens.plain.split("\n")
        self._of_token: list[int] = []
        self._ranges: list[tuple[int, int]] = []
        start = 0
        for at in range(1, len(post.words) + 1):
            if at == len(post.words) or post.breaks[at] == LINE_BREAK:
                self._of_token += [len(self._ranges)] * (at - start)
                self._ranges.append((start, at))
                start = at

    def all(self) -> range:
        """The numbers of all lines."""
        return range(len(self._ranges))

    def line_of(self, place: int) -> int:
        """Number of the line (empty ones not counted) of a token position."""
        return self._of_token[place]

    def words(self, line: int) -> Sequence[str]:
        """Tokens of a line."""
        start, end = self._ranges[line]
        return self._post.words[start:end]

    def raw(self, line: int) -> str:
        """A line as it stands in the plain text, with its punctuation."""
        return self._raw[self._post.tokens.lines[self._ranges[line][0]]].strip()

    def uncovered(
        self, own: set[int], looks_right: Callable[[Sequence[str], str], bool]
    ) -> list[int]:
        """Lines inside the list or beside it that look like entries but are not in ``own``.

        ``own``: the numbers of the lines the label has. A list may be interrupted by up to three
        other lines; what stands further away is another list. Ingredients are looked for as far
        below the list, too (a label may end with a part of it), steps in the next line only: notes
        read like steps.
        """
        if not own:
            return []
        ordered = sorted(own)
        pairs = list(pairwise(ordered))
        usual_gap = max((self._gap(b) for a, b in pairs if b == a + 1), default=2)
        candidates = [line for a, b in pairs if b - a <= 4 for line in range(a + 1, b)]
        first, last = ordered[0], ordered[-1]
        reach = 4 if looks_right is looks_like_ingredient else 1
        below = range(last + 1, min(last + 1 + reach, len(self._ranges)))
        beside = set(takewhile(lambda line: self._gap(line) <= usual_gap, below))
        if first > 0 and self._gap(first) <= usual_gap:
            beside.add(first - 1)
        # Beside the list stand links such as "5 easy cookies for fall": no unit, no ingredient.
        return [
            line
            for line in (*candidates, *sorted(beside))
            if looks_right(self.words(line), self.raw(line))
            and (line not in beside or not is_number(self.words(line)[0]) or self._is_sure(line))
        ]

    def _is_sure(self, line: int) -> bool:
        words = self.words(line)
        # "1 (15 ounce) can" has its unit behind a second number.
        behind = next((word for word in words if not is_number(word)), "")
        return len(words) <= 3 or behind in UNIT_NAMES

    def _gap(self, line: int) -> int:
        """Line ends between a line and the one before it."""
        start = self._ranges[line][0]
        return self._post.tokens.lines[start] - self._post.tokens.lines[start - 1]


def looks_like_ingredient(words: Sequence[str], raw: str) -> bool:
    """A short line that opens with an amount, and with a unit or a food behind it."""
    return (
        1 < len(words) <= MAX_LIST_LINE
        and is_number(words[0])
        and any(len(word) > 2 for word in content_words(words))
        and (words[1] in UNIT_NAMES or len(words) <= 8)
        and not _NO_FOOD & set(words)
        and not _NO_AMOUNT.match(raw)
        and not raw.endswith((".", "!", "?", ":"))
        and not (_YEAR.fullmatch(words[0]) and words[1] not in UNIT_NAMES)  # (c) 2016 My Kitchen
    )


def looks_like_step(words: Sequence[str], raw: str) -> bool:
    """A sentence that opens with a kitchen verb, or with "In a bowl, whisk ...", and is no chat."""
    if not raw.endswith((".", ";", "!")) and len(words) < 8:
        return False
    if _CHAT & set(words[:7]) or _PAGE_TALK & set(words):
        return False
    if _FACT_LINE.match(raw) or _TALK.search(raw):
        return False
    # "Prep: mix the ..." names the part before the verb.
    if words[0] in _STEP_STARTS or (
        ":" in raw[:20] and len(words) > 1 and words[1] in _STEP_STARTS
    ):
        return not raw.endswith("!") or len(words) > 6
    return words[0] in _OPENERS and len(words) > 6 and bool(_STEP_STARTS & set(words[1:9]))
