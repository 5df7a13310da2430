import json

import pytest

from recipe_pipeline import page_text
from recipe_pipeline.errors import PipelineError
from recipe_pipeline.page_text import decode, html_text, page_recipe, read_document

RECIPE = {
    "@context": "https://schema.org",
    "@type": "Recipe",
    "name": "Lemon Rice",
    "recipeIngredient": ["1 cup rice", "1 lemon"],
    "recipeInstructions": [{"@type": "HowToStep", "text": "Boil the rice."}],
    "totalTime": "PT25M",
}

ARTICLE = """<!DOCTYPE html><html><head><title>Blog | Lemon Rice</title>
<script>document.write("EVIL SCRIPT")</script><style>.x{color:red}</style></head>
<body><nav><a href="/">Home</a></nav><article><h1>Lemon Rice</h1>
<p>My aunt made this rice every Sunday, and I still think of her whenever a lemon rolls off the
kitchen counter. It takes less than half an hour and one pot.</p>
<h2>Ingredients</h2><ul><li>1 cup rice</li><li>2 &frac12; cups water</li></ul>
<h2>Directions</h2><ol><li>Boil the rice in the water for 15 minutes.</li>
<li>Squeeze the lemon over it.</li></ol></article>
<footer onclick="steal()">Imprint</footer></body></html>"""


def page(*blocks: str, kind: str = "application/ld+json") -> str:
    scripts = "".join(f'<script type="{kind}">{block}</script>' for block in blocks)
    return f"<html><head>{scripts}</head><body><p>Text</p></body></html>"


class TestText:
    def test_the_article_is_kept_and_scripts_are_not(self):
        text = html_text(ARTICLE)
        assert text.startswith("Lemon Rice")
        assert "2 ½ cups water" in text
        assert "Squeeze the lemon" in text
        assert "EVIL" not in text
        assert "steal" not in text

    def test_plain_text_is_left_alone_but_for_line_ends(self):
        document = read_document(b"Soup\r\n\r\n1 < 2 cups\rstock", "a.txt")
        assert document.text == "Soup\n\n1 < 2 cups\nstock"
        assert document.recipe == {}

    def test_a_page_too_small_for_the_extractor_still_gives_its_text(self):
        text = html_text("<div><script>bad()</script><p>1 egg</p><p>Boil it.</p></div>")
        assert "1 egg" in text
        assert "bad()" not in text

    def test_a_page_without_text_is_refused(self):
        with pytest.raises(PipelineError, match="no readable text"):
            html_text("<html><body><script>x()</script></body></html>")

    def test_deeply_nested_markup_does_not_break_it(self):
        nested = "<div>" * 20_000 + "2 cups flour" + "</div>" * 20_000
        assert read_document(f"<html><body><p>Cake</p>{nested}".encode(), "x").text


class TestDecode:
    @pytest.mark.parametrize(
        ("content", "charset", "expected"),
        [
            ("½ café".encode(), None, "½ café"),
            ("½ café".encode("utf-8-sig"), None, "½ café"),
            ("½ café".encode("utf-16"), None, "½ café"),
            ("½ café".encode("cp1252"), None, "½ café"),
            ("½ café".encode("latin-1"), "iso-8859-1", "½ café"),
            (
                '<meta charset="shift_jis">酢'.encode("shift_jis"),
                None,
                '<meta charset="shift_jis">酢',
            ),
            ("½ café".encode(), "no-such-charset", "½ café"),
        ],
    )
    def test_encodings_are_found(self, content, charset, expected):
        assert decode(content, "x", charset) == expected

    @pytest.mark.parametrize(
        "content",
        [b"\x89PNG\r\n\x1a\n\0\0\0", b"%PDF-1.7\n" + bytes(range(32)) * 9, b"PK\3\4\0\0", b"a\0b"],
    )
    def test_binary_files_are_refused(self, content):
        with pytest.raises(PipelineError, match=r"photo\.bin is a binary file"):
            decode(content, "photo.bin")


class TestJsonLd:
    def test_a_complete_recipe_is_found_wherever_it_stands(self):
        graph = {"@context": "https://schema.org", "@graph": [{"@type": "WebSite"}, RECIPE]}
        for value in (RECIPE, [RECIPE], graph, {"mainEntity": RECIPE}):
            found = page_recipe(page(json.dumps({"@type": "Person"}), json.dumps(value)))
            assert found["name"] == "Lemon Rice"
            assert found["totalTime"] == "PT25M"

    def test_a_type_in_a_list_counts(self):
        assert page_recipe(page(json.dumps({**RECIPE, "@type": ["NewsArticle", "Recipe"]})))

    @pytest.mark.parametrize("key", ["name", "recipeIngredient", "recipeInstructions"])
    def test_an_incomplete_recipe_is_not_taken(self, key):
        assert page_recipe(page(json.dumps({**RECIPE, key: None}))) == {}

    def test_markup_and_double_escapes_in_strings_become_text(self):
        value = {**RECIPE, "recipeIngredient": ["<b>2&amp;frac12; cups</b> &amp; a bit"]}
        assert page_recipe(page(json.dumps(value)))["recipeIngredient"] == ["2½ cups & a bit"]

    @pytest.mark.parametrize(
        "bomb",
        [
            "[" * 100_000 + "]" * 100_000,
            '{"a":' * 50_000 + "1" + "}" * 50_000,
            "{" + '"x": 1,' * 10 + "}",
            '{"@type": "Recipe", "cookTime": ' + "9" * 10_000 + "}",
            '{"@type": "Recipe", "name": "x", "recipeIngredient": [NaN]}',
            json.dumps({**RECIPE, "recipeInstructions": {"a": 1}}) + "garbage",
            "",
        ],
    )
    def test_bombs_and_rubbish_are_passed_over(self, bomb):
        assert page_recipe(page(bomb, json.dumps(RECIPE)))["name"] == "Lemon Rice"
        assert page_recipe(page(bomb)) == {}

    def test_an_enormous_script_is_not_parsed(self, monkeypatch):
        monkeypatch.setattr(page_text, "MAX_SCRIPT_CHARACTERS", 100)
        assert page_recipe(page(json.dumps(RECIPE))) == {}

    def test_a_wide_document_is_searched_within_limits(self, monkeypatch):
        monkeypatch.setattr(page_text, "MAX_NODES", 50)
        assert page_recipe(page(json.dumps([{"@type": "Thing"}] * 60 + [RECIPE]))) == {}
        assert page_recipe(page(json.dumps([{"@type": "Thing"}] * 10 + [RECIPE])))

    def test_other_scripts_are_never_read(self):
        assert page_recipe(page(json.dumps(RECIPE), kind="text/javascript")) == {}

    def test_a_document_brings_text_and_recipe(self):
        content = ARTICLE.replace(
            "</head>", f'<script type="application/ld+json">{json.dumps(RECIPE)}</script></head>'
        )
        document = read_document(content.encode(), "page.html")
        assert document.recipe["name"] == "Lemon Rice"
        assert "aunt" in document.text
        assert "@context" not in document.text
