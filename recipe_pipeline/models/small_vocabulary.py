"""A GGUF model with only those tokens of its vocabulary that the texts at hand need.

Of the 268 million weights of Gemma 3 270M, 168 million are the rows of its 262,144 tokens, and every
one of them is multiplied for every token of an answer. Answers consist of the page's own tokens and
of common ones, so the others are left out of a temporary copy of the model. All weights are copied
byte for byte: the score of a token does not depend on which other tokens are there.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from recipe_pipeline.models.gguf_file import (
    GgufFile,
    array_field,
    number_field,
    texts_field,
    write_gguf,
)
from recipe_pipeline.models.pieces import Pieces
from recipe_pipeline.models.tokenizer import SPACE, vocabulary_in
from recipe_pipeline.schema.json_schema import answer_schema
from recipe_pipeline.text.vocabulary import UNIT_OF

COMMON = 20_000
"""Tokens that are always kept: control tokens, bytes, and the most frequent pieces.

Gemma's ids are in the order in which its pieces were merged, frequent ones first.
"""

_TOKENS = "tokenizer.ggml.tokens"
_PER_TOKEN = ("tokenizer.ggml.scores", "tokenizer.ggml.token_type")
_MATRICES = ("token_embd.weight", "output.weight")


class SmallVocabulary:
    """Chooses tokens of the model in ``contents`` and writes it with these only."""

    def __init__(self, contents: GgufFile, name: str) -> None:
        vocabulary = vocabulary_in(contents, name)
        self.pieces = Pieces(vocabulary)
        self._contents, self._tokens = contents, vocabulary.tokens
        self._named = {
            key: contents.value(key)
            for key in contents.fields
            if key.startswith("tokenizer.ggml.") and key.endswith("_token_id")
        }
        size = len(vocabulary.tokens)
        always = {index for index in self._named.values() if index < size}
        always.update(range(min(COMMON, size)))
        always.update(i for i, t in enumerate(vocabulary.tokens) if _is_json(t))
        always.update(self.pieces.encode(_own_words()))
        self._always = frozenset(always)

    def tokens_for(self, text: str) -> frozenset[int]:
        """The tokens that ``text`` and answers about it may need."""
        return self._always | set(self.pieces.encode(text)) | self.pieces.within(text)

    def write(self, path: Path, tokens: Collection[int]) -> dict[int, int]:
        """Write the model with ``tokens`` only; returns the number of each in the file."""
        kept = np.array(sorted(tokens))
        new = {old: position for position, old in enumerate(kept.tolist())}
        contents = self._contents
        fields = dict(contents.fields)
        fields[_TOKENS] = texts_field([self._tokens[index].encode() for index in new])
        for key in _PER_TOKEN:
            fields[key] = array_field(contents.value(key)[kept])
        for key, index in self._named.items():
            fields[key] = number_field(new.get(index, index))
        tensors = tuple(
            replace(t, shape=(t.shape[0], len(kept)), parts=(t.pick(kept).reshape(-1),))
            if t.name in _MATRICES
            else t
            for t in contents.tensors
        )
        write_gguf(path, GgufFile(fields, tensors))
        for tensor in contents.tensors:
            tensor.release()
        return new


def _own_words() -> str:
    """What answers contain that is not copied from a page: keys, durations, units."""
    units = " ".join(f"{form} {form.capitalize()}" for form in UNIT_OF)
    return f'{json.dumps(answer_schema())} "P1DT1H30M" "1 serving" 2 servings people {units}'


def _is_json(token: str) -> bool:
    """Punctuation, digits, and whatever may end a string: ``)",``."""
    plain = token.replace(SPACE, "")
    return '"' in token or (plain.isascii() and not any(map(str.isalpha, plain)))
