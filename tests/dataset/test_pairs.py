"""Posts, sidecars and labels as they are read."""

import json

import pytest

from recipe_pipeline.common.storage import write_atomic
from recipe_pipeline.dataset.pairs import Label, Post, Skipped


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Crème ½".encode(), "Crème ½"),
        (b"\xef\xbb\xbfSoup", "Soup"),
        (b"Cr\xe8me \xbd", "Crème ½"),
        (b"\xff a\x81b", "ÿ a\ufffdb"),
        ("½ cup – don’t\ud83d stir".encode("utf-8", "surrogatepass"), "½ cup – don’t��� stir"),
        (b"a\r\nb\rc\n", "a\nb\nc"),
        (b"a\0b", "ab"),
        (b" \n ", ""),
        (b"", ""),
    ],
)
def test_posts_are_decoded_whatever_their_bytes(tmp_path, data, text):
    path = tmp_path / "post.txt"
    path.write_bytes(data)
    assert Post.read(str(path)).text == text


def test_a_sidecar_that_is_absent_or_broken_counts_as_none(tmp_path):
    path = str(tmp_path / "a.txt")
    assert Post(path, "").meta == {}
    for content in ("{broken", "[1]", "\ud83d".encode("utf-8", "surrogatepass")):
        write_atomic(tmp_path / "a.meta.json", content)
        assert Post(path, "").meta == {}
    write_atomic(tmp_path / "a.meta.json", '{"style": "x"}')
    assert Post(path, "").meta == {"style": "x"}


def test_a_label_that_was_written_is_read_again(tmp_path):
    recipe = {"@context": "https://schema.org", "@type": "Recipe", "name": "X",
              "recipeIngredient": ["1 egg"]}  # fmt: skip
    label = Label(recipe, "I read it.", {"model": "m"})
    label.write(tmp_path / "x.json")
    assert Label.parse((tmp_path / "x.json").read_bytes()) == label


def test_a_bare_json_ld_file_is_a_label():
    data = {"@type": "Recipe", "name": "X", "recipeIngredient": ["1 egg"], "prepTime": "90 min"}
    assert Label.parse(json.dumps(data).encode()).recipe["prepTime"] == "PT1H30M"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"recipe": {', "label-not-json"),
        ("[" * 100_000, "label-not-json"),
        ("[1]", "label-without-recipe"),
        ('{"reasoning": "x"}', "label-without-recipe"),
        ('{"recipe": {"name": "x", "recipeYield": NaN}}', "invalid-label"),
        ('{"recipe": {"@type": "Recipe", "name": "x"}}', "invalid-label"),
    ],
)
def test_an_unusable_label_has_a_reason(content, reason):
    with pytest.raises(Skipped) as caught:
        Label.parse(content.encode())
    assert caught.value.reason == reason
