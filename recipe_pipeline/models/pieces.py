"""SentencePiece BPE in plain Python: the tokens of a text, as llama.cpp and transformers make them.

The tokens that a page needs have to be known before a model with a small vocabulary is opened, and
without transformers.
"""

from __future__ import annotations

import heapq
import re
from functools import lru_cache

from recipe_pipeline.models.tokenizer import BYTE, NORMAL, SPACE, Vocabulary

LONGEST = 24
"""Pieces with more characters are not looked for by `Pieces.within`."""


class Pieces:
    """Cuts text into the tokens of ``vocabulary``."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._ids = {token: index for index, token in enumerate(vocabulary.tokens)}
        self._scores = vocabulary.scores
        kinds = vocabulary.types
        self._normal = {t: i for t, i in self._ids.items() if kinds[i] == NORMAL}
        self._bytes = [self._ids.get(f"<0x{byte:02X}>", 0) for byte in range(256)]
        self._whole = [t for t, i in self._ids.items() if t and kinds[i] not in (NORMAL, BYTE)]
        # Words are cut one by one. No piece has a space after another character, but for a few
        # characters: Gemma has one such piece, ">▁</".
        joined = {
            pair[0]
            for token in self._normal
            if SPACE in (rest := token.lstrip(SPACE))
            for pair in re.findall(f"[^{SPACE}]{SPACE}", rest)
        }
        join = f"|(?<=[{re.escape(''.join(joined))}]){SPACE}" if joined else ""
        self._words = re.compile(f"{SPACE}*(?:[^{SPACE}]{join})+|{SPACE}+")
        self._cut = lru_cache(50_000)(self._merge)

    def encode(self, text: str) -> list[int]:
        """Token ids of ``text``. Control tokens that are spelled out count as such."""
        ids: list[int] = []
        text = text.encode("utf-8", "replace").decode("utf-8")  # halves of surrogate pairs
        whole = sorted((t for t in self._whole if t in text), key=len, reverse=True)
        if not whole:
            return self._plain(text)
        for number, part in enumerate(re.split("(" + "|".join(map(re.escape, whole)) + ")", text)):
            ids += [self._ids[part]] if number % 2 else self._plain(part)
        return ids

    def within(self, text: str) -> set[int]:
        """All tokens that a copy of any part of ``text`` may consist of."""
        escaped = text.replace(" ", SPACE)
        found = set()
        for word in set(self._words.findall(escaped)):
            for start in range(len(word)):
                for end in range(start + 1, min(start + LONGEST, len(word)) + 1):
                    # A copy may have a space where the page has a line break, or none.
                    for piece in (word[start:end], SPACE + word[start:end]):
                        if (index := self._normal.get(piece)) is not None:
                            found.add(index)
        return found

    def _plain(self, text: str) -> list[int]:
        return [
            i for word in self._words.findall(text.replace(" ", SPACE)) for i in self._cut(word)
        ]

    def _merge(self, word: str) -> tuple[int, ...]:
        """Join the neighbours whose union scores highest, the leftmost of equals, until none join."""
        if word in self._normal and len(word) == 1:
            return (self._normal[word],)
        parts: list[str] = list(word)
        before = list(range(-1, len(parts) - 1))
        after = [*range(1, len(parts)), -1]
        queue: list[tuple[float, int, str, int]] = []

        def offer(left: int, right: int) -> None:
            if left >= 0 and right >= 0:
                union = parts[left] + parts[right]
                if (index := self._ids.get(union)) is not None:
                    heapq.heappush(queue, (-self._scores[index], left, union, right))

        for left in range(len(parts) - 1):
            offer(left, left + 1)
        while queue:
            _, left, union, right = heapq.heappop(queue)
            if not parts[left] or not parts[right] or parts[left] + parts[right] != union:
                continue  # one of them has been joined with another
            parts[left], parts[right] = union, ""
            after[left] = after[right]
            if after[right] >= 0:
                before[after[right]] = left
            offer(before[left], left)
            offer(left, after[left])
        return tuple(i for part in parts if part for i in self._of(part))

    def _of(self, part: str) -> list[int]:
        if (index := self._ids.get(part)) is not None:
            return [index]
        return [self._bytes[byte] for byte in part.encode("utf-8")]
