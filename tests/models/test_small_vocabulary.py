"""Tokens without transformers, and models with the tokens that some posts need."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models import gguf_file, small_vocabulary
from recipe_pipeline.models.gguf_file import (
    GgufFile,
    Tensor,
    array_field,
    number_field,
    read_gguf,
    texts_field,
    write_gguf,
)
from recipe_pipeline.models.pieces import Pieces
from recipe_pipeline.models.small_vocabulary import SmallVocabulary
from recipe_pipeline.models.tokenizer import gemma_tokenizer
from tests.tiny_gemma import gguf_text, tiny_vocabulary

TEXTS = [
    "a cup of flour in a recipe",
    "½ cup 🍰 éé",
    "<bos><start_of_turn>user\nrecipe<end_of_turn>\n<start_of_turn>model\n",
    "  two  spaces\n\n\nand lines",
    "a\ud83d <0x41> <unk>",
    "",
]


@pytest.fixture(scope="module")
def contents():
    vocabulary = tiny_vocabulary()
    size = len(vocabulary.tokens)
    fields = {
        "tokenizer.ggml.model": gguf_text("llama"),
        "tokenizer.ggml.tokens": texts_field([t.encode() for t in vocabulary.tokens]),
        "tokenizer.ggml.scores": array_field(np.array(vocabulary.scores, "f4")),
        "tokenizer.ggml.token_type": array_field(np.array(vocabulary.types, "i4")),
        "tokenizer.ggml.eos_token_id": number_field(1),
    }
    rows = np.arange(size, dtype="<u4").repeat(8).view(np.uint8)  # row i: eight times the number i
    embedding = Tensor("token_embd.weight", (8, size), 0, (rows,))
    other = Tensor("blk.0.attn_q.weight", (8, 1), 0, (np.arange(32, dtype=np.uint8),))
    return GgufFile(fields, (embedding, other))


def test_text_is_cut_as_transformers_cuts_it():
    pieces, tokenizer = Pieces(tiny_vocabulary()), gemma_tokenizer(tiny_vocabulary())
    for text in TEXTS:
        plain = text.encode("utf-8", "replace").decode()
        assert pieces.encode(text) == tokenizer(plain, add_special_tokens=False)["input_ids"], text


def test_the_tokens_of_every_copy_are_found():
    pieces = Pieces(tiny_vocabulary())
    found = pieces.within("a cup of flour")
    for copy in ("cup", " cup", "flour", "a cup of", "our"):
        assert set(pieces.encode(copy)) <= found


def test_rows_and_tokens_stay_together(contents, tmp_path, monkeypatch):
    monkeypatch.setattr(small_vocabulary, "COMMON", 10)
    small = SmallVocabulary(contents, "m.gguf")
    numbers = small.write(tmp_path / "s.gguf", small.tokens_for("a cup of flour"))
    written = read_gguf(tmp_path / "s.gguf")
    tokens, old = written.value("tokenizer.ggml.tokens"), contents.value("tokenizer.ggml.tokens")
    embedding = next(t for t in written.tensors if t.name == "token_embd.weight")
    assert len(tokens) == embedding.shape[1] < len(old)
    rows = embedding.rows().view("<u4")[:, 0]
    assert [old[row] for row in rows] == tokens
    assert [numbers[row] for row in rows.tolist()] == list(range(len(tokens)))
    kept = [tokens[numbers[token]] for token in small.pieces.encode("a cup")]
    assert kept == [b"a", "▁cup".encode()]
    assert written.value("tokenizer.ggml.eos_token_id") == 1
    other = next(t for t in written.tensors if t.name == "blk.0.attn_q.weight")
    assert bytes(other.parts[0][:32]) == bytes(range(32))


@pytest.mark.parametrize("tail", [1, 40, 64, 100])
def test_a_file_in_parts_is_read_as_one(contents, tmp_path, tail):
    whole = tmp_path / "m.gguf"
    write_gguf(whole, contents)
    data = whole.read_bytes()
    sizes = [len(data) - 2 * tail, tail, tail]
    parts = []
    for number, size in enumerate(sizes):
        start = sum(sizes[:number])
        parts.append(tmp_path / f"m.part{number}")
        parts[-1].write_bytes(data[start : start + size])
    read, expected = read_gguf(*parts), read_gguf(whole)
    assert read.fields == expected.fields
    for tensor, other in zip(read.tensors, expected.tensors, strict=True):
        assert b"".join(map(bytes, tensor.parts)) == bytes(other.parts[0])
    write_gguf(tmp_path / "again.gguf", read)
    assert (tmp_path / "again.gguf").read_bytes() == data


def test_rows_are_picked_from_a_base_in_parts_that_cut_them(contents, tmp_path, monkeypatch):
    monkeypatch.setattr(small_vocabulary, "COMMON", 10)
    monkeypatch.setattr(gguf_file, "_BLOCK", 32)
    write_gguf(tmp_path / "m.gguf", contents)
    data = (tmp_path / "m.gguf").read_bytes()
    cuts = [0, len(data) - 5000, len(data) - 3333, len(data) - 1110, len(data)]
    parts = [tmp_path / f"part{number}" for number in range(4)]
    for part, (start, end) in zip(parts, pairwise(cuts), strict=True):
        part.write_bytes(data[start:end])
    small = SmallVocabulary(read_gguf(*parts), "m.gguf")
    small.write(tmp_path / "s.gguf", small.tokens_for("a cup of flour"))
    written = read_gguf(tmp_path / "s.gguf")
    old, rows = contents.value("tokenizer.ggml.tokens"), written.tensors[0].rows().view("<u4")
    assert [old[row] for row in rows[:, 0]] == written.value("tokenizer.ggml.tokens")
    assert (rows == rows[:, :1]).all()


def test_a_missing_part_is_noticed(contents, tmp_path):
    write_gguf(tmp_path / "m.gguf", contents)
    data = (tmp_path / "m.gguf").read_bytes()
    (tmp_path / "part0").write_bytes(data[:-100])
    with pytest.raises(PipelineError, match="not a whole GGUF file"):
        read_gguf(tmp_path / "part0")


def test_json_can_always_be_written(contents, monkeypatch):
    monkeypatch.setattr(small_vocabulary, "COMMON", 10)
    small = SmallVocabulary(contents, "m.gguf")
    assert small.tokens_for("").issuperset(small.pieces.encode('{"@": [1, 2.50]}'))


def test_pages_are_cut_as_the_base_model_cuts_them():
    file = Path(__file__).parents[3] / "shared" / "real_pages_dev.jsonl"
    base = pytest.importorskip("recipe_pipeline.models.base")
    from recipe_pipeline.common.storage import cache_dir

    folder = cache_dir() / base.EMBEDDED_FOLDER
    if not (file.is_file() and (folder / "tokenizer.json").is_file()):
        pytest.skip("needs the real pages and the unpacked base model")
    from tokenizers import Tokenizer

    from recipe_pipeline.models.tokenizer import vocabulary_in

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    pieces = Pieces(vocabulary_in(read_gguf(*base.embedded_parts()), "base"))
    for line in file.read_text(encoding="utf-8").splitlines()[::12]:
        text = json.loads(line)["text"]
        assert pieces.encode(text) == tokenizer.encode(text, add_special_tokens=False).ids
