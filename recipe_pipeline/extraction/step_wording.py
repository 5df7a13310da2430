"""Steps as the page words them: a small model changes a word of what it copies ("Melt the leeks")."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from recipe_pipeline.extraction.page_lists import key_of

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_ANCHOR = 3  # words in a row that show where a step may stand on the page
_MOST_PLACES = 50  # of an anchor; a page that says it more often has no place for it
_MOST_CHANGED = 2  # words
_WORDS_PER_CHANGE = 5


def as_worded(texts: Sequence[str], page: str) -> list[str]:
    """``texts``, each in the words of ``page`` if it has the same words but for one or two in their places."""
    of_page = key_of(page)
    changed = {text for text in texts if key_of(text) not in of_page}
    if not changed:
        return list(texts)
    spans = list(_WORD.finditer(page))
    words = [span[0].casefold() for span in spans]
    places = defaultdict(list)
    for at in range(len(words) - _ANCHOR + 1):
        places[tuple(words[at : at + _ANCHOR])].append(at)
    result = []
    for text in texts:
        own = list(_WORD.finditer(text))
        start = _place([x[0].casefold() for x in own], words, places) if text in changed else None
        if start is not None:
            first, last = spans[start], spans[start + len(own) - 1]
            copied = " ".join(page[first.start() : last.end()].split())
            text = text[: own[0].start()] + copied + text[own[-1].end() :]
        result.append(text)
    return result


def _place(
    own: list[str], words: list[str], places: dict[tuple[str, ...], list[int]]
) -> int | None:
    """Where on the page a step begins; None if it stands nowhere or in several wordings."""
    allowed = min(_MOST_CHANGED, len(own) // _WORDS_PER_CHANGE)
    found = {
        tuple(words[start : start + len(own)]): start
        for start in _starts(own, places)
        if 0 <= start <= len(words) - len(own)
        and sum(x != y for x, y in zip(own, words[start:], strict=False)) <= allowed
    }
    return next(iter(found.values())) if len(found) == 1 else None


def _starts(own: list[str], places: dict[tuple[str, ...], list[int]]) -> Iterator[int]:
    for at in range(len(own) - _ANCHOR + 1):
        where = places.get(tuple(own[at : at + _ANCHOR]), [])
        yield from (place - at for place in where if len(where) <= _MOST_PLACES)
