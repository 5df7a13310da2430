"""The Gemma 3 tokenizer, rebuilt exactly from a GGUF file or a tokenizer.json.

Two conversions, because the tools around this model lose the tokenizer on the way:

* GGUF -> transformers. A GGUF file stores Gemma's SentencePiece BPE vocabulary with its scores.
  From it, ``AutoTokenizer`` makes a *Unigram* tokenizer, which cuts "recipe" into ``re ci pe`` and
  needs almost twice the tokens; the model has never seen such input. `gemma_tokenizer` makes the BPE
  tokenizer that Gemma was trained with.
* ``tokenizer.json`` -> SentencePiece ``tokenizer.model``. The GGUF converter reads Gemma's
  vocabulary from this file only, and transformers 5 no longer saves it beside a finetuned model.
  `sentencepiece_model` writes it from the merges.

Formats: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (token types),
https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.common.storage import write_json
from recipe_pipeline.models.chat_template import CONTROL_TOKENS

if TYPE_CHECKING:
    from recipe_pipeline.models.gguf_file import GgufFile

# Token types; the numbers are the same in GGUF and in SentencePiece.
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6

SPACE = "▁"


@dataclass(frozen=True)
class Vocabulary:
    """A SentencePiece BPE vocabulary; the index in each tuple is the token id.

    ``scores``: the higher the score of a NORMAL piece, the earlier two neighbours are merged
    into it.
    """

    tokens: tuple[str, ...]
    scores: tuple[float, ...]
    types: tuple[int, ...]


def vocabulary_in(contents: GgufFile, name: str) -> Vocabulary:
    """The vocabulary of the GGUF file called ``name``. Raises PipelineError for other tokenizers."""
    if contents.value("tokenizer.ggml.model") != "llama":
        raise PipelineError(
            f"{name} has no SentencePiece tokenizer, so it is not a Gemma model: serve it with LM "
            "Studio or Ollama, and pass --base-url"
        )
    tokens = contents.value("tokenizer.ggml.tokens")
    return Vocabulary(
        tokens=tuple(token.decode("utf-8", "replace") for token in tokens),
        scores=tuple(contents.value("tokenizer.ggml.scores").tolist()),
        types=tuple(contents.value("tokenizer.ggml.token_type").tolist()),
    )


def merges_of(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """All pairs of pieces that join into a third one, in the order in which BPE tries them.

    SentencePiece joins the neighbours whose union has the highest score, so sorting by that score
    gives the equivalent list of merges.
    """
    pieces = {
        token: score
        for token, score, kind in zip(
            vocabulary.tokens, vocabulary.scores, vocabulary.types, strict=True
        )
        if kind == NORMAL
    }
    ranked = sorted(pieces.items(), key=lambda item: -item[1])
    return [
        (token[:cut], token[cut:])
        for token, _ in ranked
        for cut in range(1, len(token))
        if token[:cut] in pieces and token[cut:] in pieces
    ]


def gemma_tokenizer(vocabulary: Vocabulary) -> Any:
    """The transformers tokenizer of ``vocabulary``, without a chat template."""
    from transformers import AddedToken, GemmaTokenizer

    tokenizer = GemmaTokenizer(
        vocab={token: index for index, token in enumerate(vocabulary.tokens)},
        merges=merges_of(vocabulary),
        add_bos_token=True,
    )
    added = [
        AddedToken(token, normalized=False, special=token in CONTROL_TOKENS)
        for token, kind in zip(vocabulary.tokens, vocabulary.types, strict=True)
        if kind in (UNKNOWN, CONTROL, USER_DEFINED)
    ]
    tokenizer.add_tokens([token for token in added if not token.special])
    tokenizer.add_tokens([token for token in added if token.special], special_tokens=True)
    return tokenizer


def vocabulary_of(tokenizer: dict[str, Any]) -> Vocabulary:
    """The vocabulary with scores of a ``tokenizer.json``: a piece scores by its rank in the merges.

    Raises PipelineError when it is not a BPE tokenizer.
    """
    model = tokenizer["model"]
    if model.get("type") != "BPE":
        raise PipelineError(
            f"the tokenizer is a {model.get('type')} model, not Gemma's BPE: train the adapter again "
            "with this version"
        )
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    ranks: dict[str, int] = {}
    for pair in model["merges"]:
        left, right = pair.split(" ") if isinstance(pair, str) else pair
        ranks.setdefault(left + right, len(ranks) + 1)
    special = {
        item["content"]: CONTROL if item["special"] else USER_DEFINED
        for item in tokenizer["added_tokens"]
    }
    types = [UNKNOWN if t == "<unk>" else special.get(t, _type_of(t)) for t in tokens]
    # Single characters are not merged from anything; SentencePiece ranks them after all merges.
    scores = [float(-ranks.get(token, len(ranks) + index)) for index, token in enumerate(tokens)]
    return Vocabulary(tuple(tokens), tuple(scores), tuple(types))


def _type_of(token: str) -> int:
    return BYTE if re.fullmatch(r"<0x[0-9A-F]{2}>", token) else NORMAL


def sentencepiece_model(vocabulary: Vocabulary) -> bytes:
    """``vocabulary`` as the bytes of a SentencePiece ``tokenizer.model`` (BPE, byte fallback)."""
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()
    for token, score, kind in zip(
        vocabulary.tokens, vocabulary.scores, vocabulary.types, strict=True
    ):
        # SentencePiece matches user-defined pieces (runs of spaces) after it has escaped spaces.
        proto.pieces.add(piece=token.replace(" ", SPACE), score=score, type=kind)
    trainer = proto.trainer_spec
    trainer.model_type = trainer.BPE
    trainer.vocab_size = len(vocabulary.tokens)
    trainer.byte_fallback = True
    trainer.pad_id, trainer.eos_id, trainer.bos_id, trainer.unk_id = (
        vocabulary.tokens.index(token) for token in ("<pad>", "<eos>", "<bos>", "<unk>")
    )
    trainer.pad_piece, trainer.eos_piece, trainer.bos_piece = "<pad>", "<eos>", "<bos>"
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.add_dummy_prefix = False
    proto.normalizer_spec.remove_extra_whitespaces = False
    proto.normalizer_spec.escape_whitespaces = True
    return proto.SerializeToString()


def add_sentencepiece_files(folder: Path) -> None:
    """Write what the GGUF converter needs beside ``folder/tokenizer.json``.

    That is ``tokenizer.model`` and, in ``tokenizer_config.json``, the ``added_tokens_decoder``:
    SentencePiece's Python interface does not tell user-defined tokens from normal ones, so the
    converter takes them from there.
    """
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = vocabulary_of(tokenizer)
    (folder / "tokenizer.model").write_bytes(sentencepiece_model(vocabulary))
    config_file = folder / "tokenizer_config.json"
    config = json.loads(config_file.read_text(encoding="utf-8"))
    config["added_tokens_decoder"] = {
        str(item["id"]): {key: value for key, value in item.items() if key != "id"}
        for item in tokenizer["added_tokens"]
        if item["id"] < len(vocabulary.tokens)
    }
    write_json(config_file, config)
