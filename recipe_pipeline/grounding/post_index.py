"""A post as canonical tokens: an amount, unit or word is the same token however it is written.

Tokens are decimal numbers ("1.5"), canonical units ("tablespoon") and word stems ("tomato",
Snowball English). Line ends, list marks and punctuation are kept as breaks between tokens, because
"flour, 1 cup sugar" must not support "1 cup flour".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from recipe_pipeline.text.evidence import PageEvidence
from recipe_pipeline.text.normalise import plain_words
from recipe_pipeline.text.numbers import NUMBER_WORDS, TENS_WORDS, decimal
from recipe_pipeline.text.vocabulary import (
    HEADING_WORDS,
    KITCHEN_VERBS,
    STOP_WORD_LIST,
    UNIT_NAMES,
    UNIT_OF,
)

NO_BREAK, SOFT_BREAK, SENTENCE_BREAK, LINE_BREAK = 0, 1, 2, 3

_PIECE = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?|\n|[,.!?]")
# "half" and "quarter" without an article are verbs and cuts of meat as well.
_NUMBERS = {
    **{word: number for word, number in NUMBER_WORDS.items() if word not in ("half", "quarter")},
    **{word: str(number) for word, number in TENS_WORDS.items()},
}


@lru_cache(maxsize=1)
def _stemmer():
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=100_000)
def canonical(word: str) -> str:
    """Number words as digits, units under one name, other words as their stem."""
    if word[0].isdigit():
        return decimal(float(word)) if word.isascii() and len(word) < 12 else word
    if word in _NUMBERS:
        return _NUMBERS[word]
    if word in UNIT_OF:
        return UNIT_OF[word]
    if len(word) < 3 or not word.isascii():
        return word
    stem = _stemmer().stemWord(word)
    # "leaves" and "leaf", "halves" and "half" have different stems.
    return stem[:-1] + "f" if stem.endswith(("leav", "halv", "loav", "calv")) else stem


STOP_WORDS = frozenset(form for word in STOP_WORD_LIST.split() for form in (word, canonical(word)))
VERBS = frozenset(map(canonical, KITCHEN_VERBS.split()))
HEADINGS = frozenset(map(canonical, HEADING_WORDS.split()))


def is_number(token: str) -> bool:
    """Whether a canonical token is a number."""
    return token[0].isdigit()


@dataclass(frozen=True)
class Tokens:
    """Canonical tokens of a text with the break before each (`NO_BREAK` ... `LINE_BREAK`).

    ``lines``: the line of ``plain`` (the text after `plain_words`) that each token is on.
    """

    words: list[str]
    breaks: list[int]
    lines: list[int]
    plain: str


def tokens_of(text: str) -> Tokens:
    """Canonical tokens of ``text``; stop words are kept (they are needed for order)."""
    plain = plain_words(text)
    words: list[str] = []
    breaks: list[int] = []
    lines: list[int] = []
    line, kind = 0, NO_BREAK
    for piece in _PIECE.findall(plain):
        if piece == "\n":
            line += 1
            kind = LINE_BREAK
        elif piece[0].isalnum():
            words.append(canonical(piece))
            breaks.append(kind)
            lines.append(line)
            kind = NO_BREAK
        elif kind == NO_BREAK and (piece == "," or (words and is_number(words[-1]))):
            kind = SOFT_BREAK  # "1." numbers a step, or "preheat to 350." ends a sentence
        elif kind == NO_BREAK and words and words[-1] not in UNIT_NAMES:  # "1 Tbsp. honey"
            kind = SENTENCE_BREAK
    return Tokens(words, breaks, lines, plain)


@lru_cache(maxsize=2048)
def line_tokens(line: str) -> Tokens:
    """`tokens_of` for one line of a label or a source, remembered."""
    return tokens_of(line)


def content_words(words: Sequence[str]) -> list[str]:
    """The distinct words that carry meaning, in order: neither numbers nor stop words."""
    return [w for w in dict.fromkeys(words) if w not in STOP_WORDS and not is_number(w)]


SAME_WORD = 84.0  # rapidfuzz ratio: allows one wrong letter in a word of five or more


def nearest_word(word: str, others: Collection[str]) -> str | None:
    """The one of ``others`` that ``word`` is a misspelling of."""
    from rapidfuzz import fuzz, process

    best = process.extractOne(word, others, scorer=fuzz.ratio, score_cutoff=SAME_WORD)
    return best[0] if best else None


def holds_word(words: Collection[str], word: str) -> bool:
    """Whether ``word`` is among ``words``, up to a typing error in a longer word."""
    if word in words:
        return True
    long_words = [other for other in words if len(other) >= 5]
    return len(word) >= 5 and nearest_word(word, long_words) is not None


class PostIndex:
    """The canonical tokens of a text: where each one occurs, and the lines they are on."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens_of(text)
        self.words = self.tokens.words
        self.breaks = self.tokens.breaks

    @cached_property
    def evidence(self) -> PageEvidence:
        """The times and the yields that the post states."""
        return PageEvidence(self.tokens.plain)

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for position, word in enumerate(self.words):
            places.setdefault(word, []).append(position)
        return places

    @cached_property
    def lines(self) -> list[range]:
        """Token positions of each line; lines without tokens are left out."""
        starts = [at for at, kind in enumerate(self.breaks) if at == 0 or kind == LINE_BREAK]
        ends = [*starts[1:], len(self.words)]
        return (
            [range(start, end) for start, end in zip(starts, ends, strict=True)] if starts else []
        )

    @cached_property
    def _line_of_token(self) -> list[int]:
        return [number for number, line in enumerate(self.lines) for _ in line]

    def line_number(self, position: int) -> int:
        """Which of `lines` a token is on."""
        return self._line_of_token[position]

    def line_at(self, position: int) -> range:
        """The token positions of the line that a token is on."""
        return self.lines[self.line_number(position)]

    def line_words(self, number: int) -> Sequence[str]:
        """The tokens of a line."""
        line = self.lines[number]
        return self.words[line.start : line.stop]

    def line_text(self, number: int) -> str:
        """A line of the plain text, with its punctuation."""
        return self._plain_lines[self.tokens.lines[self.lines[number].start]].strip()

    @cached_property
    def _plain_lines(self) -> list[str]:
        return self.tokens.plain.split("\n")

    def line_ends_before(self, number: int) -> int:
        """How many line ends separate a line from the one before it."""
        start = self.lines[number].start
        return self.tokens.lines[start] - self.tokens.lines[start - 1]

    def places_of(self, words: Sequence[str]) -> list[int]:
        """Positions at which ``words`` follow each other, line ends ignored."""
        words, size = list(words), len(words)
        starts = self.positions.get(words[0], ()) if words else ()
        return [at for at in starts if self.words[at : at + size] == words]

    def holds_on_a_line(self, words: Sequence[str]) -> bool:
        """Whether ``words`` are next to each other on one line."""
        return any(at + len(words) <= self.line_at(at).stop for at in self.places_of(words))

    def spelt(self, word: str) -> str:
        """``word``, or the word of the post that it is a misspelling of."""
        if word in self.positions or len(word) < 5:
            return word
        if word not in self._spellings:
            self._spellings[word] = nearest_word(word, self._long_words) or word
        return self._spellings[word]

    @cached_property
    def _spellings(self) -> dict[str, str]:
        return {}

    @cached_property
    def _long_words(self) -> list[str]:
        return [word for word in self.positions if len(word) >= 4 and not is_number(word)]


@lru_cache(maxsize=64)
def index_of(post: str) -> PostIndex:
    """The (cached) index of a text: several labels or answers are checked against the same post."""
    return PostIndex(post)
