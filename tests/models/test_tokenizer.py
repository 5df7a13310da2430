import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipe_pipeline.common.errors import PipelineError
from recipe_pipeline.models.gguf_file import read_gguf
from recipe_pipeline.models.tokenizer import (
    BYTE,
    CONTROL,
    NORMAL,
    USER_DEFINED,
    Vocabulary,
    add_sentencepiece_files,
    gemma_tokenizer,
    merges_of,
    sentencepiece_model,
    vocabulary_in,
    vocabulary_of,
)
from tests.tiny_gemma import CHARACTERS, tiny_vocabulary, write_tiny_tokenizer

# No "<": SentencePiece takes a control token written out for text, tokenizer.json for the token.
PLAIN_TEXT = CHARACTERS.replace("▁", " ").replace("<", "") + "\nß🍰"


@pytest.fixture(scope="module")
def tokenizer():
    return gemma_tokenizer(tiny_vocabulary())


@pytest.fixture(scope="module")
def content(tokenizer):
    """What transformers saves as tokenizer.json."""
    return json.loads(tokenizer.backend_tokenizer.to_str())


@pytest.fixture(scope="module")
def sentencepiece_tokenizer(content):
    from sentencepiece import SentencePieceProcessor

    processor = SentencePieceProcessor()
    rebuilt = vocabulary_of(content)
    processor.LoadFromSerializedProto(sentencepiece_model(rebuilt))
    return processor


def tokens_of(tokenizer, text):
    return tokenizer.tokenize(text)


def test_pieces_are_merged_by_score_not_by_count():
    # A Unigram tokenizer would take "recipe" whole or not at all; BPE gets there by merges.
    merges = merges_of(tiny_vocabulary())
    assert merges.index(("re", "cipe")) < merges.index(("▁", "recipe"))
    assert merges[0] == ("i", "n")


def test_known_words_are_one_token(tokenizer):
    assert tokens_of(tokenizer, "user recipe") == ["user", "▁recipe"]


def test_bos_is_added_once(tokenizer):
    assert tokenizer("cup").tokens() == ["<bos>", "cup"]


def test_control_and_user_defined_tokens_are_never_cut(tokenizer):
    assert tokens_of(tokenizer, "<start_of_turn>user\n\n  a<end_of_turn>") == [
        "<start_of_turn>",
        "user",
        "\n\n",
        "  ",
        "a",
        "<end_of_turn>",
    ]


def test_what_the_vocabulary_lacks_becomes_bytes_and_comes_back(tokenizer):
    assert tokens_of(tokenizer, "ß") == ["<0xC3>", "<0x9F>"]
    ids = tokenizer.encode("a ß 🍰  b", add_special_tokens=False)
    assert tokenizer.decode(ids) == "a ß 🍰  b"


@given(st.text(alphabet=PLAIN_TEXT, max_size=40))
def test_sentencepiece_and_tokenizer_json_agree_on_any_text(
    tokenizer, sentencepiece_tokenizer, text
):
    expected = sentencepiece_tokenizer.EncodeAsIds(text)
    assert tokenizer.encode(text, add_special_tokens=False) == expected


def test_a_rebuilt_vocabulary_keeps_tokens_types_and_order_of_merges(content):
    original = tiny_vocabulary()
    rebuilt = vocabulary_of(content)
    assert rebuilt.tokens == original.tokens
    assert merges_of(rebuilt) == merges_of(original)
    of_type = dict(zip(rebuilt.tokens, rebuilt.types, strict=True))
    assert of_type["<end_of_turn>"] == CONTROL
    assert of_type["\n"] == USER_DEFINED
    assert of_type["<0x00>"] == BYTE
    assert of_type["recipe"] == NORMAL


def test_merges_written_as_strings_are_read_too(content):
    merges = [" ".join(pair) for pair in content["model"]["merges"]]
    older = {**content, "model": {**content["model"], "merges": merges}}
    assert vocabulary_of(older) == vocabulary_of(content)


def test_a_unigram_tokenizer_is_refused_with_the_remedy():
    with pytest.raises(PipelineError, match=r"Unigram.*train the adapter again"):
        vocabulary_of({"model": {"type": "Unigram"}})


def write_gguf(path, vocabulary: Vocabulary, kind="llama"):
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "gemma3")
    writer.add_tokenizer_model(kind)
    writer.add_token_list(list(vocabulary.tokens))
    writer.add_token_scores(list(vocabulary.scores))
    writer.add_token_types(list(vocabulary.types))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_the_vocabulary_is_read_from_a_gguf_file(tmp_path):
    path = tmp_path / "model.gguf"
    write_gguf(path, tiny_vocabulary())
    assert vocabulary_in(read_gguf(path), path.name) == tiny_vocabulary()


def test_a_saved_tokenizer_is_a_gemma_tokenizer_again(tmp_path, tokenizer):
    from transformers import AutoTokenizer

    write_tiny_tokenizer(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert type(loaded).__name__ == "GemmaTokenizer"
    assert loaded.encode("a recipe ½") == tokenizer.encode("a recipe ½")
    assert (loaded.bos_token_id, loaded.eos_token_id, loaded.pad_token_id) == (2, 1, 0)


def test_a_gguf_file_with_another_kind_of_tokenizer_is_refused(tmp_path):
    path = tmp_path / "model.gguf"
    write_gguf(path, tiny_vocabulary(), kind="gpt2")
    with pytest.raises(PipelineError, match="no SentencePiece tokenizer"):
        vocabulary_in(read_gguf(path), path.name)


def test_the_converter_gets_a_tokenizer_model_and_the_types_of_added_tokens(tmp_path):
    from sentencepiece import SentencePieceProcessor

    write_tiny_tokenizer(tmp_path)
    add_sentencepiece_files(tmp_path)
    processor = SentencePieceProcessor()
    processor.LoadFromFile(str(tmp_path / "tokenizer.model"))
    assert processor.vocab_size() == len(tiny_vocabulary().tokens)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert config["bos_token"] == "<bos>"
    assert config["added_tokens_decoder"]["6"]["special"] is True
    assert (
        config["added_tokens_decoder"]["7"] | {"content": "\n", "special": False}
        == (config["added_tokens_decoder"]["7"])
    )
