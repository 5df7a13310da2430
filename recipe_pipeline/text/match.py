"""Compare recipe text whatever its spelling: normalised tokens, one-to-one alignment, support.

Everything here works on *tokens*: lower case, without accents and punctuation, every number in one
decimal spelling, so that ``1 1/2 Cups``, ``1½ cups`` and ``1.5 cups`` are the same three tokens'
worth of text. Units are left as they are written (``tbsp`` is not ``tablespoon``): a copy that
changes the unit's spelling is still recognised by the similarity threshold or it is not a copy.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

#: Two lines are the same line when their token-sort ratio reaches this (0 to 100).
SAME_LINE_RATIO = 85.0

#: A line is supported by a text when at least this share of its words stands together in it.
SUPPORT_SHARE = 0.8

_VULGAR_FRACTION = re.compile(r"(?<=\d)(?=[\u00bc-\u00be\u2150-\u215e\u2189])")
# Starts with a plain digit so that the regular expression engine can skip from digit to digit.
_FRACTION = re.compile(
    r"[0-9][0-9]{0,3}(?:(?:[ \t\u00a0\u2009]+|-|[ \t]+and[ \t]+)[0-9]{1,2})?/[0-9]{1,2}(?![0-9/])"
)
_FRACTION_PARTS = re.compile(r"(?:(\d+)\D+)?(\d+)/(\d+)")
_TOKEN = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+")
_ASCII_TOKEN = re.compile(r"[a-z]+|[0-9]+(?:\.[0-9]+)?")
_NON_ASCII = re.compile(r"[^\x00-\x7f]+")
# str.replace is several times faster than str.translate on text that is not ASCII.
_ASCII_PUNCTUATION = (("\u2019", "'"), ("\u2018", "'"), ("\u2013", "-"), ("\u2014", " - "))
_COUNTING = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
)
NUMBER_WORDS = {
    **{word: str(number) for number, word in enumerate(_COUNTING.split(" "))},
    "dozen": "12",
    "half": "0.5",
    "quarter": "0.25",
}
_ARTICLES = ("a", "an")


def _decimal(number: float) -> str:
    return f"{number:.3f}".rstrip("0").rstrip(".")


def _fraction_to_decimal(match: re.Match[str]) -> str:
    whole, top, bottom = _FRACTION_PARTS.fullmatch(match.group()).groups()
    before = match.string[match.start() - 1 : match.start()]
    if int(bottom) == 0 or len(top) > 2 or (before and before in "0123456789/."):
        return match.group()  # a date, a decimal, a page number: no fraction of a cup
    if whole and (int(top) >= int(bottom) or len(whole) > 2):  # "350 1/2 cups" are two numbers
        return f"{whole} {_decimal(int(top) / int(bottom))}"
    return _decimal(int(whole or 0) + int(top) / int(bottom))


@lru_cache(maxsize=256)
def simplify(text: str) -> str:
    """``text`` in lower case, without accents, fractions as decimals (``1 ½`` -> ``1.5``).

    ASCII punctuation and line ends stay, so that labels ("Prep Time: 10 min") can still be found;
    other symbols become spaces.
    """
    if text.isascii():
        plain = text.lower()
    else:
        spaced = _VULGAR_FRACTION.sub(" ", text)
        for symbol, plain in _ASCII_PUNCTUATION:
            spaced = spaced.replace(symbol, plain)
        plain = _NON_ASCII.sub(_letters_only, unicodedata.normalize("NFKD", spaced.casefold()))
    return _FRACTION.sub(_fraction_to_decimal, plain) if "/" in plain else plain


def _letters_only(match: re.Match[str]) -> str:
    """Non-ASCII characters: letters and digits stay, accents go, the fraction slash is a slash."""
    kept = (
        c if c.isalnum() else "/" if c == "\u2044" else "" if unicodedata.combining(c) else " "
        for c in match.group()
    )
    return "".join(kept)


@lru_cache(maxsize=16384)
def tokenise(text: str) -> tuple[str, ...]:
    """The tokens of ``text``: words without apostrophes, numbers in their shortest decimal form."""
    plain = simplify(text).replace("'", "")
    tokens = (_ASCII_TOKEN if plain.isascii() else _TOKEN).findall(plain)
    return tuple(
        _decimal(float(t)) if ("." in t or t[0] == "0") and t.isascii() else t for t in tokens
    )


def similarity(left: str, right: str) -> float:
    """Token-sort ratio of two lines, 0 to 100 (rapidfuzz ``ratio`` of the sorted tokens)."""
    from rapidfuzz import fuzz

    return fuzz.ratio(_sorted_form(left), _sorted_form(right))


@lru_cache(maxsize=65536)
def _sorted_form(line: str) -> str:
    return " ".join(sorted(tokenise(line)))


def align_lines(
    predicted: Sequence[str], gold: Sequence[str], threshold: float = SAME_LINE_RATIO
) -> list[tuple[int, int]]:
    """Pair lines one to one: ``(index in predicted, index in gold)``, ordered by gold index.

    Pairs reach ``threshold``. As many lines as possible are paired (a maximum matching, so a
    greedy choice never costs a line); the most similar pairs, then the nearest positions, are
    taken first.
    """
    if not predicted or not gold:
        return []
    from rapidfuzz import fuzz, process

    ratios = process.cdist(
        [_sorted_form(line) for line in predicted],
        [_sorted_form(line) for line in gold],
        scorer=fuzz.ratio,
        score_cutoff=threshold,
    ).tolist()
    edges = sorted(
        (-ratio, abs(i - j), i, j)
        for i, row in enumerate(ratios)
        for j, ratio in enumerate(row)
        if ratio >= threshold > 0
    )
    return _maximum_matching([(i, j) for _, _, i, j in edges])


def _maximum_matching(edges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Kuhn's augmenting paths over a greedy start; ``edges`` come best first."""
    neighbours: dict[int, list[int]] = defaultdict(list)
    of_gold: dict[int, int] = {}
    paired: set[int] = set()
    for i, j in edges:
        neighbours[i].append(j)
        if i not in paired and j not in of_gold:
            of_gold[j] = i
            paired.add(i)

    def augment(i: int, seen: set[int]) -> bool:
        for j in neighbours[i]:
            if j not in seen:
                seen.add(j)
                if j not in of_gold or augment(of_gold[j], seen):
                    of_gold[j] = i
                    return True
        return False

    for i in neighbours:
        if i not in paired:
            augment(i, set())
    return sorted(((i, j) for j, i in of_gold.items()), key=lambda pair: pair[1])


class TextIndex:
    """Where the words of one text stand, to ask whether the text supports a line."""

    def __init__(self, text: str) -> None:
        self._tokens = [NUMBER_WORDS.get(token, token) for token in tokenise(text)]
        self._joined = f" {' '.join(self._tokens)} "

    @cached_property
    def _positions(self) -> dict[str, list[int]]:
        positions: dict[str, list[int]] = defaultdict(list)
        for position, token in enumerate(self._tokens):
            positions[token].append(position)
        for token in list(positions):
            if (single := _singular(token)) != token:
                positions[single] = sorted(positions[single] + positions.pop(token))
        # "a cup" says "1 cup"
        ones = [p for article in _ARTICLES for p in positions.get(article, ())]
        if ones:
            positions["1"] = sorted(positions["1"] + ones)
        return dict(positions)

    def supports(self, line: str, strict_numbers: bool = True) -> bool:
        """Whether the words of ``line`` stand together in the text, in any order.

        True when a window of 1.5 times the line's length plus 6 tokens holds at least 80 % of the
        line's distinct words and, with ``strict_numbers``, every number of it. A line without
        words is supported. Number words count as numbers ("two" is "2").
        """
        tokens = [NUMBER_WORDS.get(token, token) for token in tokenise(line)]
        if f" {' '.join(tokens)} " in self._joined:
            return True
        distinct = {_singular(token) for token in tokens}
        numbers = {t for t in distinct if t[0].isdigit()} if strict_numbers else set()
        words = distinct - numbers
        if not numbers <= self._positions.keys():
            return False
        found = {t for t in words if t in self._positions}
        if len(found) < SUPPORT_SHARE * len(words):
            return False
        window = len(tokens) + len(tokens) // 2 + 6
        return self._window_holds(found | numbers, words, numbers, window)

    def _window_holds(self, found: set[str], words: set[str], numbers: set[str], window: int):
        """Slide over the places of ``found`` tokens; stop at the first window that is enough."""
        places = sorted((p, token) for token in found for p in self._positions[token])
        counts: dict[str, int] = defaultdict(int)
        have_words = have_numbers = start = 0
        for position, token in places:
            counts[token] += 1
            if counts[token] == 1:
                have_numbers += token in numbers
                have_words += token in words
            while places[start][0] <= position - window:
                leaving = places[start][1]
                counts[leaving] -= 1
                if counts[leaving] == 0:
                    have_numbers -= leaving in numbers
                    have_words -= leaving in words
                start += 1
            if have_numbers == len(numbers) and have_words >= SUPPORT_SHARE * len(words):
                return True
        return not words and not numbers


@lru_cache(maxsize=65536)
def _singular(token: str) -> str:
    """A rough singular, the same on both sides of a comparison ("cups" -> "cup")."""
    if len(token) > 3 and token.endswith("s") and not token.endswith("ss"):
        return token[:-1]
    return token


def overlap(left: Iterable[str], right: Iterable[str]) -> int:
    """How many tokens two token lists share, counting repeats."""
    from collections import Counter

    return (Counter(left) & Counter(right)).total()
