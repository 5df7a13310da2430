"""A post as canonical tokens: the same amount, unit or word form is the same token however written.

Tokens are decimal numbers ("1.5"), canonical units ("tablespoon") and word stems ("tomato",
Snowball English). Line ends, list marks and punctuation are kept as breaks between tokens, because
"flour, 1 cup sugar" must not support "1 cup flour".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from recipe_pipeline.text.evidence import PageEvidence, plain_evidence
from recipe_pipeline.text.normalise import plain_words
from recipe_pipeline.text.numbers import NUMBER_WORDS, TENS_WORDS, decimal
from recipe_pipeline.text.vocabulary import STOP_WORD_LIST, UNIT_NAMES, UNIT_OF

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


def is_number(token: str) -> bool:
    """Whether a canonical token is a number."""
    return token[0].isdigit()


@dataclass(frozen=True)
class Tokens:
    """Canonical tokens of a text with the break before each (`NO_BREAK` ... `LINE_BREAK`).

    ``lines``: the line of ``plain`` (the text after `plain_words`) that each token stands on.
    """

    words: Sequence[str]
    breaks: Sequence[int]
    lines: Sequence[int]
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
        elif kind == NO_BREAK:
            # "1 Tbsp. honey" and "preheat to 350°." do not end a sentence.
            ends = (
                piece != "," and words and words[-1] not in UNIT_NAMES and not is_number(words[-1])
            )
            kind = SENTENCE_BREAK if ends else SOFT_BREAK
    return Tokens(words, breaks, lines, plain)


@lru_cache(maxsize=20_000)
def line_tokens(line: str) -> Tokens:
    """`tokens_of` for one line of a label or a source, remembered."""
    return tokens_of(line)


def content_words(words: Sequence[str]) -> list[str]:
    """The distinct words that carry meaning, in order: neither numbers nor stop words."""
    return [w for w in dict.fromkeys(words) if w not in STOP_WORDS and not is_number(w)]


SAME_WORD = 84.0  # rapidfuzz ratio; one wrong letter in a word of five or more


def holds_word(words: Collection[str], word: str) -> bool:
    """Whether ``word`` is among ``words``, up to a typing error in a longer word."""
    if word in words:
        return True
    if len(word) < 5:
        return False
    from rapidfuzz import fuzz, process

    long_words = [other for other in words if len(other) >= 5]
    return (
        process.extractOne(word, long_words, scorer=fuzz.ratio, score_cutoff=SAME_WORD) is not None
    )


class PostIndex:
    """Where every canonical token of a post stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.words = self.tokens.words
        self.breaks = self.tokens.breaks

    @cached_property
    def evidence(self) -> PageEvidence:
        """The times and the yields that the post states."""
        return plain_evidence(self.tokens.plain)

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for position, word in enumerate(self.words):
            places.setdefault(word, []).append(position)
        return places

    @cached_property
    def _joined(self) -> str:
        """All tokens between single spaces, a line end as one more token."""
        pieces = [
            f"\n {word}" if kind == LINE_BREAK else word
            for word, kind in zip(self.words, self.breaks, strict=True)
        ]
        return f" {' '.join(pieces)} "

    @cached_property
    def _run(self) -> tuple[str, list[int]]:
        """All tokens between single spaces without line ends, and where each one starts in it."""
        starts, offset = [], 1
        for word in self.words:
            starts.append(offset)
            offset += len(word) + 1
        return f" {' '.join(self.words)} ", starts

    def holds_on_a_line(self, words: Sequence[str]) -> bool:
        """Whether ``words`` stand next to each other on one line."""
        return bool(words) and f" {' '.join(words)} " in self._joined

    def places_of(self, words: Sequence[str], most: int = 8) -> list[int]:
        """Positions at which ``words`` stand next to each other, line ends ignored."""
        from bisect import bisect_left

        if not words:
            return []
        run, starts = self._run
        needle = f" {' '.join(words)} "
        places: list[int] = []
        at = run.find(needle)
        while at >= 0 and len(places) < most:
            places.append(bisect_left(starts, at + 1))
            at = run.find(needle, at + 1)
        return places

    def has_word(self, word: str) -> bool:
        """Whether a word occurs anywhere, up to a typing error in longer words."""
        return word in self.positions or self._nearest(word) is not None

    def spelt(self, word: str) -> str:
        """``word``, or the word of the post that it is a misspelling of."""
        if word in self.positions:
            return word
        return self._nearest(word) or word

    def _nearest(self, word: str) -> str | None:
        if len(word) < 5:
            return None
        if word not in self._near_cache:
            from rapidfuzz import fuzz, process

            best = process.extractOne(
                word, self._long_words, scorer=fuzz.ratio, score_cutoff=SAME_WORD
            )
            self._near_cache[word] = best[0] if best else None
        return self._near_cache[word]

    @cached_property
    def _near_cache(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def _long_words(self) -> list[str]:
        return [word for word in self.positions if len(word) >= 4 and not is_number(word)]
